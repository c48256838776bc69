#ifndef FETCHALL_SUPPORT_PROMETHEUS_H
#define FETCHALL_SUPPORT_PROMETHEUS_H

/* Metrics in the text format of Prometheus. */

/*
 * Fails the test unless the text is valid: each family has one HELP and one TYPE line before its
 * samples, which are together; names and escapes are correct; no sample occurs twice; counters, and
 * nothing else, end in _total; the buckets of histograms add up.  If promtool(1) is there, its
 * rules apply, too.
 */
void fa_prometheus_check(const char *text);

/* The value of the first sample that has this name and this text among its labels; fails the test
 * if there is none.  LABEL "": any. */
double fa_prometheus_value(const char *text, const char *name, const char *label);

#endif
