/*
 * Prints each finding as it arrives, one line per file, and a summary at the end.  Findings go to
 * standard output and the summary to standard error, so that a pipe gets the findings only.
 *
 * Unreadable files decide the exit status before missing and changed ones: as long as a file cannot
 * be read, the verification is incomplete.
 */
#include "cli/verify_command.h"

#include <stdio.h>

#include <fetchall/verify.h>

#include "cli/term.h"
#include "cli/units.h"

struct tell {
    const struct fa_options *options;
    uint64_t counts[FA_FINDINGS];
    uint64_t bytes;
};

/* Unknown files are not an error, so a quiet run does not print them. */
static bool finding_is_shown(const struct fa_options *options, enum fa_finding finding)
{
    switch (finding) {
    case FA_FINDING_GOOD:
    case FA_FINDING_UNHASHED:
        return options->verbose;
    case FA_FINDING_UNKNOWN:
        return !options->quiet;
    default:
        return true;
    }
}

static void on_checked(void *ctx, const struct fa_checked *checked)
{
    struct tell *tell = ctx;
    ++tell->counts[checked->finding];
    tell->bytes += checked->size;
    if (!finding_is_shown(tell->options, checked->finding))
        return;
    /* Names are escaped in a pipe, too, so that each finding is one line. */
    printf("%-11s ", fa_finding_name(checked->finding));
    fa_term_put(stdout, checked->path);
    if (checked->why) {
        fputs(": ", stdout);
        fa_term_put(stdout, checked->why);
    }
    putchar('\n');
}

static void put_summary(const struct tell *tell, int64_t busy)
{
    char size[FA_UNITS_MAX];
    const char *glue = "";
    /* On a terminal, the summary must appear after the findings. */
    fflush(stdout);
    fprintf(stderr, "fetchall: %s hashed: ", fa_units_bytes((double)tell->bytes, size));
    for (unsigned i = 0; i < FA_FINDINGS; ++i) {
        if (!tell->counts[i] && i != FA_FINDING_GOOD)
            continue;
        fprintf(stderr, "%s%llu %s", glue, (unsigned long long)tell->counts[i],
                fa_finding_name((enum fa_finding)i));
        glue = ", ";
    }
    fputc('\n', stderr);
    if (busy && tell->counts[FA_FINDING_CHANGED])
        fputs("fetchall: another fetchall is running there: files that it has replaced are "
              "reported as changed\n",
              stderr);
}

static enum fa_exit_status verify_exit_status(const struct tell *tell)
{
    if (tell->counts[FA_FINDING_UNREADABLE])
        return FA_EXIT_LOCAL;
    if (tell->counts[FA_FINDING_MISSING] || tell->counts[FA_FINDING_CHANGED] ||
        tell->counts[FA_FINDING_INVALID])
        return FA_EXIT_INTEGRITY;
    return FA_EXIT_OK;
}

enum fa_exit_status fa_verify_command(const struct fa_options *options)
{
    struct tell tell = {.options = options};
    struct fa_error err = {0};
    int64_t busy;
    const struct fa_config *config = &options->config;
    bool bag = !options->manifest && !config->state && fa_verify_has_bag(config->dir);
    int result = bag ? fa_verify_bag(config, on_checked, &tell, &busy, &err)
                     : fa_verify_run(config, options->manifest, on_checked, &tell, &busy, &err);
    if (result == 0)
        result = fa_term_flush(&err);
    if (result != 0) {
        fa_term_error(&err);
        return fa_exit_of(&err);
    }
    enum fa_exit_status status = verify_exit_status(&tell);
    if (!options->quiet || status != FA_EXIT_OK)
        put_summary(&tell, busy);
    return status;
}
