/**
 * Text and measures for a page (HTML5 that is also well-formed XML).
 */
#ifndef FETCHALL_CLI_COMPARE_MARKUP_H
#define FETCHALL_CLI_COMPARE_MARKUP_H

#include <stdint.h>
#include <stdio.h>

#include "cli/compare/verdict.h"

/**
 * Write any text as the content of an element or of a quoted attribute.  Control characters,
 * bidirectional controls and invalid UTF-8 are shown as \xNN.
 */
void fa_markup_text(FILE *out, const char *text);

/** Write one byte of a text that has nothing to be made visible. */
void fa_markup_char(FILE *out, char c);

/* Measures in plain text; NAN is "not measured". */

#define FA_MARKUP_MAX 96

/** "0.42 ms", "123 ms", "1.23 s". */
const char *fa_markup_seconds(double seconds, char buf[FA_MARKUP_MAX]);

/** "1.23 s (1.20 to 1.31)". */
const char *fa_markup_estimate(const struct fa_estimate *seconds, char buf[FA_MARKUP_MAX]);

/** "1.52 (1.41 to 1.66)". */
const char *fa_markup_ratio(const struct fa_estimate *ratio, char buf[FA_MARKUP_MAX]);

/** "12.3 MiB". */
const char *fa_markup_bytes(double bytes, char buf[FA_MARKUP_MAX]);

/** "12.3 MiB/s". */
const char *fa_markup_rate(double bytes_per_second, char buf[FA_MARKUP_MAX]);

/** "12,345": whole. */
const char *fa_markup_count(double count, char buf[FA_MARKUP_MAX]);

/** "12.3", three digits: a number per second. */
const char *fa_markup_number(double number, char buf[FA_MARKUP_MAX]);

/** "0.4 %"; share is between 0 and 1. */
const char *fa_markup_share(double share, char buf[FA_MARKUP_MAX]);

#endif
