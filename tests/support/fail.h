#ifndef FETCHALL_SUPPORT_FAIL_H
#define FETCHALL_SUPPORT_FAIL_H

/*
 * How test code reports that it cannot continue.  The library's own fa_test_fail() (fail.c) prints
 * and exits with 1, which suits benchmarks.  A Criterion program adds fail_criterion.c to its
 * sources, whose definition then replaces the library's.
 */

_Noreturn void fa_test_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
