/**
 * Results in the formats of other tools: --export.
 */
#ifndef FETCHALL_CLI_COMPARE_EXPORT_H
#define FETCHALL_CLI_COMPARE_EXPORT_H

#include <stddef.h>

#include "cli/compare/result.h"

struct fa_options;

/** Parse "hyperfine:FILE" or "benchstat:FILE"; the file name is borrowed. */
int fa_export_parse(struct fa_options *options, const char *value, struct fa_error *err);

/** The JSON of hyperfine --export-json.  @file "-" is standard output. */
int fa_export_hyperfine(const char *file, const struct fa_result_of *results, size_t n,
                        struct fa_error *err);

/** The text of Go benchmarks, for benchstat.  @file "-" is standard output. */
int fa_export_benchstat(const char *file, const struct fa_result_of *results, size_t n,
                        struct fa_error *err);

#endif
