/**
 * Writes the results: tables, and the files that were requested.
 */
#ifndef FETCHALL_CLI_COMPARE_ANSWER_H
#define FETCHALL_CLI_COMPARE_ANSWER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/compare/result.h"
#include "cli/options.h"

/** Check that the files can be written, without changing them.  @return 0, or -1. */
int fa_answer_check(const struct fa_compare_options *options, struct fa_error *err);

/** Where tables are printed: standard output, or standard error if a file is "-". */
FILE *fa_answer_stream(const struct fa_compare_options *options);

/**
 * Write the files, and print a table of each judged result on standard output, or on standard error
 * if a file is "-".
 *
 * @seed, watching  As for fa_sheet_json().
 * @return 0, or -1 if a file is incomplete; the tables are printed in any case.
 */
int fa_answer_write(const struct fa_compare_options *options, const struct fa_result_of *results,
                    size_t n, uint64_t seed, double watching, struct fa_error *err);

#endif
