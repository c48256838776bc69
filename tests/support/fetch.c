#include "fetch.h"

#include "fail.h"
#include "report.h"
#include "truth.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARGS_MAX 128

const char *const fa_modes[FA_FETCH_MODES] = {"async", "loops", "thread", "process"};

/* A shared machine may stop for a second now and then, which is not a fault. */
static const char *const quick[] = {
    "--retries",         "1", "--retry-wait", "0.05", "--host-wait", "0", "--stall-timeout", "2",
    "--connect-timeout", "2", "--progress",   "none", NULL,
};

struct args {
    const char *items[ARGS_MAX];
    size_t count;
};

static void add(struct args *args, const char *item)
{
    if (args->count + 1 >= ARGS_MAX) {
        fa_test_fail("too many arguments");
    }
    args->items[args->count++] = item;
}

static void start(struct fa_fetch *fetch, struct fa_scratch *scratch,
                  const struct fa_run_options *options, const char *dir, va_list more)
{
    size_t number = scratch->name_count;
    bool loops = strcmp(fetch->mode, "loops") == 0;
    fetch->dir = dir ? dir : fa_scratch_path(scratch, "out-%zu", number);
    fetch->report = fa_scratch_path(scratch, "report-%zu", number);
    fetch->entries = NULL;
    struct args args = {.count = 0};
    const char *const first[] = {
        "-m", loops ? "async" : fetch->mode, "-d", fetch->dir, "--report", fetch->report,
    };
    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
        add(&args, first[i]);
    }
    for (size_t i = 0; quick[i]; i++) {
        add(&args, quick[i]);
    }
    if (loops) {
        add(&args, "--loops");
        add(&args, "1");
    }
    for (const char *item; (item = va_arg(more, const char *));) {
        add(&args, item);
    }
    add(&args, fetch->list);
    fetch->began = fa_now();
    fa_run_start_argv(&fetch->run, options, args.items);
}

void fa_fetch_start(struct fa_fetch *fetch, struct fa_scratch *scratch, const char *mode,
                    const char *list, ...)
{
    char name[32];
    snprintf(name, sizeof(name), "list-%zu", scratch->name_count);
    fetch->mode = mode;
    fetch->list = fa_scratch_write(scratch, name, list);
    va_list more;
    va_start(more, list);
    start(fetch, scratch, NULL, NULL, more);
    va_end(more);
}

void fa_fetch_start_with(struct fa_fetch *fetch, struct fa_scratch *scratch,
                         const struct fa_run_options *options, const char *dir, const char *mode,
                         const char *list, ...)
{
    char name[32];
    snprintf(name, sizeof(name), "list-%zu", scratch->name_count);
    fetch->mode = mode;
    fetch->list = strcmp(list, "-") == 0 ? "-" : fa_scratch_write(scratch, name, list);
    va_list more;
    va_start(more, list);
    start(fetch, scratch, options, dir, more);
    va_end(more);
}

void fa_fetch_expect(struct fa_fetch *fetch, double timeout_s, int status)
{
    int is = fa_run_wait(&fetch->run, timeout_s);
    fetch->seconds = fa_now() - fetch->began;
    if (is != status && status != -1) {
        fa_test_fail("mode %s ended with %d, not %d\nstdout: %s\nstderr: %s", fetch->mode, is,
                     status, fa_run_out(&fetch->run), fa_run_err(&fetch->run));
    }
    fetch->entries = fa_report_read(fetch->report);
}

const json_t *fa_fetch_expect_entry(struct fa_fetch *fetch, long long line, const char *status,
                                    const char *class)
{
    const json_t *entry = fa_report_by_line(fetch->entries, line);
    const char *is = fa_report_str(entry, "status");
    const char *of = fa_report_str(entry, "class");
    if (strcmp(is, status) != 0 || strcmp(of ? of : "", class ? class : "") != 0) {
        const char *error = fa_report_str(entry, "error");
        fa_test_fail("mode %s: line %lld (%s) is %s (%s: %s), not %s (%s)", fetch->mode, line,
                     fa_report_str(entry, "url"), is, of ? of : "", error ? error : "", status,
                     class ? class : "");
    }
    return entry;
}

void fa_fetch_expect_count(struct fa_fetch *fetch, const char *status, size_t count)
{
    size_t is = fa_report_count(fetch->entries, "status", status);
    if (is != count) {
        fa_test_fail("mode %s: %zu entries are %s, not %zu\nstderr: %s", fetch->mode, is, status,
                     count, fa_run_err(&fetch->run));
    }
}

void fa_fetch_expect_no_parts(const struct fa_fetch *fetch)
{
    fa_expect_parts(fetch->dir, 0);
}

void fa_fetch_end(struct fa_fetch *fetch)
{
    json_decref(fetch->entries);
    fetch->entries = NULL;
    fa_run_end(&fetch->run);
}

void fa_lines_add(struct fa_lines *lines, const char *format, ...)
{
    char *line = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&line, format, args);
    va_end(args);
    char *text = len >= 0 ? realloc(lines->text, lines->len + (size_t)len + 2) : NULL;
    if (!text) {
        fa_test_fail("out of memory");
    }
    memcpy(text + lines->len, line, (size_t)len);
    free(line);
    lines->len += (size_t)len;
    text[lines->len++] = '\n';
    text[lines->len] = '\0';
    lines->text = text;
}

void fa_lines_fini(struct fa_lines *lines)
{
    free(lines->text);
    *lines = (struct fa_lines){0};
}
