/*
 * Writes the results to all outputs that were requested.
 *
 * JSON comes first, as it contains everything: if a later file fails, nothing that was measured is
 * lost.  The tables are printed in any case, since hours of runs must not end with an error message
 * alone.
 */
#include "cli/compare/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/compare/export.h"
#include "cli/compare/page.h"
#include "cli/compare/sheet.h"
#include "cli/compare/table.h"
#include "cli/term.h"
#include "cli/whole.h"

/* Check that results can be written before any server is asked for a thousand files.  A regular
 * file is replaced by rename(2), so its folder must be writable too: fa_whole_open() creates the
 * temporary file, which is removed at once. */
static int output_check(const char *file, struct fa_error *err)
{
    struct stat st;
    struct fa_whole whole;
    if (!file || strcmp(file, "-") == 0)
        return 0;
    bool there = stat(file, &st) == 0;
    int fd = there ? open(file, O_WRONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    if (there && fd < 0) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot write '%s'", file);
        return -1;
    }
    if (there)
        close(fd);
    /* /dev/stdout or a pipe is written in place, and needs no temporary file. */
    if (there && !S_ISREG(st.st_mode))
        return 0;
    int rc = fa_whole_open(&whole, "file", file, err);
    fa_whole_fini(&whole);
    return rc;
}

int fa_answer_check(const struct fa_compare_options *options, struct fa_error *err)
{
    return output_check(options->json, err) || output_check(options->csv, err) ||
                   output_check(options->html, err) || output_check(options->hyperfine, err) ||
                   output_check(options->benchstat, err)
               ? -1
               : 0;
}

/* The path of the second page: FILE-large.html for the large files of the CPU stage, and
 * FILE-again.html for the second runs of --sample fresh. */
static char *page_second_name(const char *file, bool stage)
{
    char *name = NULL;
    const char *slash = strrchr(file, '/');
    const char *dot = strrchr(slash ? slash : file, '.');
    int len = dot && dot > file ? (int)(dot - file) : (int)strlen(file);
    return asprintf(&name, "%.*s-%s%s", len, file, stage ? "large" : "again", file + len) < 0
               ? NULL
               : name;
}

static int page_write(const char *file, const struct fa_result_of *result, bool first,
                      struct fa_error *err)
{
    bool out = strcmp(file, "-") == 0;
    char *name = first || out ? strdup(file) : page_second_name(file, result->comparison.stage);
    int rc = -1;
    if (name)
        rc = fa_page_write(name, &result->comparison, &result->verdict, err);
    else
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot write '%s'", file);
    free(name);
    return rc;
}

/* Programs parse what "-" writes, so tables must not be mixed with it. */
FILE *fa_answer_stream(const struct fa_compare_options *options)
{
    const char *const files[] = {options->json, options->csv, options->html, options->hyperfine,
                                 options->benchstat};
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); ++i)
        if (files[i] && strcmp(files[i], "-") == 0)
            return stderr;
    return stdout;
}

static void results_print_tables(FILE *out, const struct fa_result_of *results, size_t n)
{
    bool terminal = isatty(fileno(out)) != 0;
    /* NO_COLOR is a convention: https://no-color.org. */
    bool color = terminal && !getenv("NO_COLOR");
    for (size_t i = 0; i < n; ++i) {
        const struct fa_result_of *result = &results[i];
        if (!result->judged)
            continue;
        if (i > 0)
            fputc('\n', out);
        fa_table_print(out, &result->comparison, &result->verdict, fa_term_columns(fileno(out)),
                       color);
    }
}

int fa_answer_write(const struct fa_compare_options *options, const struct fa_result_of *results,
                    size_t n, uint64_t seed, double watching, struct fa_error *err)
{
    int rc = 0;
    if (options->json)
        rc = fa_sheet_json(options->json, results, n, seed, watching, err);
    if (rc == 0 && options->csv)
        rc = fa_sheet_csv(options->csv, results, n, err);
    if (rc == 0 && options->hyperfine)
        rc = fa_export_hyperfine(options->hyperfine, results, n, err);
    if (rc == 0 && options->benchstat)
        rc = fa_export_benchstat(options->benchstat, results, n, err);
    for (size_t i = 0; rc == 0 && options->html && i < n; ++i)
        if (results[i].judged)
            rc = page_write(options->html, &results[i], i == 0, err);
    results_print_tables(fa_answer_stream(options), results, n);
    /* stdio reports a full disk only when the buffer is written. */
    if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot write to standard output");
        rc = -1;
    }
    return rc;
}
