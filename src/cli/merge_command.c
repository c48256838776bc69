/*
 * Reports and manifests come before the states: as long as one of them fails, the states of the
 * shards are there, and the command can be repeated as it was given.
 */
#include "cli/merge_command.h"

#include <stdio.h>

#include <fetchall/merge.h>

#include "cli/joined.h"
#include "cli/term.h"
#include "cli/units.h"

struct merge_tell {
    uint64_t counts[FA_MERGE_FINDINGS];
};

/* One line each, escaped in a pipe, too. */
static void on_found(void *ctx, const struct fa_merge_found *found)
{
    struct merge_tell *tell = ctx;
    ++tell->counts[found->finding];
    printf("%-11s ", fa_merge_finding_name(found->finding));
    fa_term_put(stdout, found->name);
    fputs(": ", stdout);
    fa_term_put(stdout, found->why);
    putchar('\n');
}

static void on_missing(void *ctx, const char *name)
{
    const struct fa_merge_found found = {FA_MERGE_MISSING, name, "there is no such file"};
    on_found(ctx, &found);
}

static int merge_all(const struct fa_options *options, struct merge_tell *tell,
                     struct fa_merge_summary *ret, struct fa_error *err)
{
    const struct fa_texts *states = &options->lists;
    if ((options->report && fa_joined_write("report", options->report, on_missing, tell, err)) ||
        (options->manifest &&
         fa_joined_write("manifest", options->manifest, on_missing, tell, err)))
        return -1;
    return fa_merge_run(options->config.dir, (const char *const *)states->items, states->count,
                        on_found, tell, ret, err);
}

static void put_summary(const struct merge_tell *tell, const struct fa_merge_summary *summary)
{
    fflush(stdout);
    if (summary->states == 0) {
        fputs("fetchall: the states had been merged before; what was left of them is removed\n",
              stderr);
        return;
    }
    fprintf(stderr, "fetchall: %llu file%s of %llu state%s", (unsigned long long)summary->records,
            fa_units_plural(summary->records), (unsigned long long)summary->states,
            fa_units_plural(summary->states));
    for (unsigned i = 0; i < FA_MERGE_FINDINGS; ++i)
        if (tell->counts[i])
            fprintf(stderr, ", %llu %s", (unsigned long long)tell->counts[i],
                    fa_merge_finding_name((enum fa_merge_finding)i));
    fputc('\n', stderr);
}

enum fa_exit_status fa_merge_command(const struct fa_options *options)
{
    struct merge_tell tell = {0};
    struct fa_merge_summary summary = {.size = sizeof(summary)};
    struct fa_error err = {0};
    int result = merge_all(options, &tell, &summary, &err);
    if (result == 0)
        result = fa_term_flush(&err);
    if (result != 0) {
        fa_term_error(&err);
        return fa_exit_of(&err);
    }
    bool good = tell.counts[FA_MERGE_MISSING] + tell.counts[FA_MERGE_UNFINISHED] +
                    tell.counts[FA_MERGE_DISAGREES] ==
                0;
    if (!options->quiet || !good)
        put_summary(&tell, &summary);
    return good ? FA_EXIT_OK : FA_EXIT_PERMANENT;
}
