#ifndef FETCHALL_SUPPORT_FAIL_H
#define FETCHALL_SUPPORT_FAIL_H

/*
 * How everything here says that it cannot go on. The library's own fa_test_fail() (fail.c) prints
 * and exits with 1, which suits benches. A Criterion program adds fail_criterion.c to its sources,
 * whose definition then takes the place of the library's.
 */

_Noreturn void fa_test_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
