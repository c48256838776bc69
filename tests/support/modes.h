#ifndef FETCHALL_SUPPORT_MODES_H
#define FETCHALL_SUPPORT_MODES_H

/*
 * A Criterion test that is run once for each mode, each time in a process of its own:
 *
 *     TestSuite(faults, .init = begin, .fini = end, .timeout = 60.0);
 *
 *     FA_TEST_MODES(faults, empty_answer_is_tried_again)
 *     {
 *         fa_fetch_start(&fetch, &scratch, mode, list, NULL);
 *         ...
 *
 * Criterion runs a suite's init and fini besides those of a test, so the suite alone has them.
 */

#include "fetch.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#define FA_TEST_MODES(suite, name)                                \
    static void name(const char *mode);                           \
    ParameterizedTestParameters(suite, name)                      \
    {                                                             \
        static int numbers[FA_FETCH_MODES] = {0, 1, 2, 3};        \
        return cr_make_param_array(int, numbers, FA_FETCH_MODES); \
    }                                                             \
    ParameterizedTest(int *number, suite, name)                   \
    {                                                             \
        name(fa_modes[*number]);                                  \
    }                                                             \
    static void name(const char *mode)

#endif
