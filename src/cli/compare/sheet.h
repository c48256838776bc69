/**
 * Everything that was measured, for programs: JSON, and CSV (RFC 4180, with LF).
 */
#ifndef FETCHALL_CLI_COMPARE_SHEET_H
#define FETCHALL_CLI_COMPARE_SHEET_H

#include <stddef.h>
#include <stdint.h>

#include "cli/compare/result.h"

/**
 * Write one JSON object, or a CSV line for each trial.  Missing values are null, or empty.
 *
 * @file     "-" is standard output.
 * @seed     Of the order of the runs.
 * @watching Seconds of CPU for measuring.
 * @return   0, or -1.
 */
int fa_sheet_json(const char *file, const struct fa_result_of *results, size_t n, uint64_t seed,
                  double watching, struct fa_error *err);
int fa_sheet_csv(const char *file, const struct fa_result_of *results, size_t n,
                 struct fa_error *err);

#endif
