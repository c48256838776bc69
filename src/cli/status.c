/*
 * Reads the state without changing it: counts for people, a list of failed entries, or JSON.
 *
 * fa_state_read() calls back for each file, and nothing is kept but the counts of tally.c, so the
 * memory does not grow with the state.  A list of failed entries is printed as it is read.
 *
 * The entries of that list are escaped on a terminal only.  A file or pipe gets them unchanged,
 * because fetchall can read them again.
 */
#include "cli/status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fetchall/state.h>

#include "cli/json.h"
#include "cli/shards.h"
#include "cli/run_id.h"
#include "cli/tally.h"
#include "cli/term.h"
#include "cli/units.h"

/* Maximum number of hosts shown; the others are summed up. */
#define ROWS_MOST 20

/* How the last run ended.  A run records its end: without that, it was killed or is still
 * running. */
static const char *run_state(const struct fa_state_summary *summary)
{
    const struct fa_last_run *run = &summary->run;
    if (run->ended == 0)
        return summary->busy ? "running" : "killed";
    return run->lists_final && run->done == run->entries ? "complete" : "stopped";
}

static uint64_t summary_pending(const struct fa_last_run *run)
{
    return run->entries > run->done ? run->entries - run->done : 0;
}

/* The list of failed entries. */

struct listing {
    FILE *out;
    bool terminal;
};

/* The entry is UTF-8, but may contain characters that must not reach a terminal. */
static void listing_put_entry(const struct listing *to, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        char *line = to->terminal ? strndup(text, len) : NULL;
        if (to->terminal)
            fa_term_put(to->out, line ? line : "?");
        else
            fwrite(text, 1, len, to->out);
        free(line);
        fputc('\n', to->out);
        text += len + (text[len] == '\n');
    }
}

static bool listing_add(void *ctx, const struct fa_state_entry *entry)
{
    const struct listing *to = ctx;
    if (entry->standing != FA_STANDING_FAILED)
        return true;
    if (entry->text) {
        listing_put_entry(to, entry->text);
    } else {
        /* A comment, so that the list remains valid. */
        fprintf(to->out,
                "# line %llu of its list is omitted, because it contains secrets; "
                "--retry-failed retries it: ",
                (unsigned long long)entry->line);
        fa_term_put(to->out, entry->url);
        fputc('\n', to->out);
    }
    return !ferror(to->out);
}

/* Text for people. */

static void put_number(FILE *out, const char *name, uint64_t number)
{
    fprintf(out, "%-8s %10llu", name, (unsigned long long)number);
}

/* Entries that the last run has not read cannot be counted, so the output says that there may be
 * more. */
static void put_counts(FILE *out, const struct fa_tally *tally, const struct fa_last_run *run)
{
    char size[FA_UNITS_MAX];
    put_number(out, "done", tally->all.standings[FA_STANDING_DONE]);
    fprintf(out, "  %s", fa_units_bytes((double)tally->bytes, size));
    if (tally->unverified)
        fprintf(out, ", %llu of them not verified", (unsigned long long)tally->unverified);
    fputc('\n', out);
    put_number(out, "failed", tally->all.standings[FA_STANDING_FAILED]);
    if (tally->transient)
        fprintf(out, "  %llu of them transient", (unsigned long long)tally->transient);
    fputc('\n', out);
    put_number(out, "part", tally->all.standings[FA_STANDING_PART]);
    fputs(tally->all.standings[FA_STANDING_PART] ? "  can be resumed\n" : "\n", out);
    put_number(out, "pending", summary_pending(run));
    fputs(run->known && !run->lists_final ? "  and the lists were not read to the end\n" : "\n",
          out);
}

static void put_run(FILE *out, const struct fa_state_summary *summary)
{
    const struct fa_last_run *run = &summary->run;
    char text[40] = "?", span[FA_UNITS_MAX];
    time_t began = (time_t)run->began;
    struct tm local;
    if (!run->known)
        return;
    if (localtime_r(&began, &local))
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local);
    fprintf(out, "last run  %s, ", text);
    fa_term_put(out, run->mode);
    if (run->ended > 0)
        fprintf(out, ", %s", fa_units_seconds(run->ended - run->began, span));
    char id[FA_RUN_ID_MAX];
    fa_run_id(run->began, id);
    fprintf(out, ": %s (run %s)\n", run_state(summary), id);
}

/* The rows are sorted by failures, so the hosts with most of them are shown. */
static void put_classes(FILE *out, const struct fa_tally *tally)
{
    fputs("\nfailed, by class\n", out);
    for (unsigned class = 0; class < FA_CLASSES; ++class)
        if (tally->all.classes[class])
            fprintf(out, "%10llu  %s\n", (unsigned long long)tally->all.classes[class],
                    fa_class_name((enum fa_class) class));
    fputs("\nfailed, by class and host\n", out);
    size_t shown = 0;
    uint64_t rest = tally->other_failures;
    for (size_t i = 0; i < tally->n_rows; ++i) {
        for (unsigned class = 0; class < FA_CLASSES; ++class) {
            const struct fa_tally_row *row = &tally->rows[i];
            if (row->classes[class] && shown++ >= ROWS_MOST) {
                rest += row->classes[class];
            } else if (row->classes[class]) {
                fprintf(out, "%10llu  %-12s ", (unsigned long long)row->classes[class],
                        fa_class_name((enum fa_class) class));
                fa_term_put(out, row->origin[0] ? row->origin : "(no host)");
                fputc('\n', out);
            }
        }
    }
    if (rest)
        fprintf(out, "%10llu  more\n", (unsigned long long)rest);
}

/* The last line sums up the hosts below and those that the tally has no row for. */
static void put_origins(FILE *out, const struct fa_tally *tally)
{
    uint64_t rest = tally->others;
    fputs("\n      done     failed       part  host\n", out);
    for (size_t i = 0; i < tally->n_rows; ++i) {
        const struct fa_tally_row *row = &tally->rows[i];
        if (i >= ROWS_MOST) {
            for (size_t j = 0; j < FA_STANDINGS; ++j)
                rest += row->standings[j];
            continue;
        }
        fprintf(out, "%10llu %10llu %10llu  ", (unsigned long long)row->standings[FA_STANDING_DONE],
                (unsigned long long)row->standings[FA_STANDING_FAILED],
                (unsigned long long)row->standings[FA_STANDING_PART]);
        fa_term_put(out, row->origin[0] ? row->origin : "(no host)");
        fputc('\n', out);
    }
    if (rest)
        fprintf(out, "%10llu  more files from other hosts\n", (unsigned long long)rest);
}

/* A part that would be empty is omitted. */
static void put_text(FILE *out, const struct fa_tally *tally,
                     const struct fa_state_summary *summary)
{
    put_counts(out, tally, &summary->run);
    put_run(out, summary);
    if (summary->busy > 0)
        fprintf(out, "running   pid %lld\n", (long long)summary->busy);
    else if (summary->busy < 0)
        fputs("running   another fetchall\n", out);
    if (tally->all.standings[FA_STANDING_FAILED])
        put_classes(out, tally);
    if (tally->n_rows > 0)
        put_origins(out, tally);
}

/* JSON. */

static json_t *classes_object(const uint64_t classes[FA_CLASSES])
{
    json_t *object = json_object();
    for (unsigned class = 0; object && class < FA_CLASSES; ++class)
        if (classes[class])
            object = fa_json_set(object, fa_class_name((enum fa_class) class),
                                 fa_json_count(classes[class]));
    return object;
}

static json_t *origin_object(const struct fa_tally_row *row)
{
    /* clang-format off */
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o}",
        "origin", fa_json_text(row->origin),
        "done", fa_json_count(row->standings[FA_STANDING_DONE]),
        "failed", fa_json_count(row->standings[FA_STANDING_FAILED]),
        "part", fa_json_count(row->standings[FA_STANDING_PART]),
        "classes", classes_object(row->classes));
    /* clang-format on */
}

static json_t *origins_array(const struct fa_tally *tally)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < tally->n_rows; ++i)
        array = fa_json_append(array, origin_object(&tally->rows[i]));
    return array;
}

static json_t *run_object(const struct fa_state_summary *summary)
{
    const struct fa_last_run *run = &summary->run;
    if (!run->known)
        return json_null();
    char id[FA_RUN_ID_MAX];
    fa_run_id(run->began, id);
    /* clang-format off */
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b}",
        "id", id,
        "state", run_state(summary),
        "mode", fa_json_text(run->mode),
        "began", fa_json_seconds(run->began),
        "ended", run->ended > 0 ? fa_json_seconds(run->ended) : json_null(),
        "entries", fa_json_count(run->entries),
        "done", fa_json_count(run->done),
        "lists_final", run->lists_final);
    /* clang-format on */
}

/* The manual documents these names (--json), and scripts depend on them. */
static int print_json(const char *dir, const struct fa_tally *tally,
                      const struct fa_state_summary *summary)
{
    /* clang-format off */
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "dir", fa_json_text(dir),
        "done", fa_json_count(tally->all.standings[FA_STANDING_DONE]),
        "unverified", fa_json_count(tally->unverified),
        "failed", fa_json_count(tally->all.standings[FA_STANDING_FAILED]),
        "part", fa_json_count(tally->all.standings[FA_STANDING_PART]),
        "pending", fa_json_count(summary_pending(&summary->run)),
        "bytes", fa_json_count(tally->bytes),
        "transient", fa_json_count(tally->transient),
        "secret", fa_json_count(tally->unwritten),
        "classes", classes_object(tally->all.classes),
        "origins", origins_array(tally),
        "others", fa_json_count(tally->others),
        "pid", summary->busy > 0 ? json_integer(summary->busy) : json_null(),
        "run", run_object(summary));
    /* clang-format on */
    return fa_json_print(object);
}

static bool count_entry(void *ctx, const struct fa_state_entry *entry)
{
    fa_tally_add(ctx, entry);
    return true;
}

static int list_failed(const struct fa_config *config, struct fa_error *err)
{
    struct listing listing = {.out = stdout, .terminal = isatty(STDOUT_FILENO)};
    struct fa_state_summary summary = {.size = sizeof(summary)};
    return fa_state_read(config->dir, config->state, &summary, listing_add, &listing, err);
}

static int summarize(const struct fa_config *config, bool json, struct fa_error *err)
{
    struct fa_tally tally = {0};
    struct fa_state_summary summary = {.size = sizeof(summary)};
    int result = fa_state_read(config->dir, config->state, &summary, count_entry, &tally, err);
    fa_tally_sort(&tally);
    if (result == 0 && !json) {
        put_text(stdout, &tally, &summary);
    } else if (result == 0 && print_json(config->dir, &tally, &summary) != 0) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot create JSON from the state");
        result = -1;
    }
    fa_tally_fini(&tally);
    return result;
}

enum fa_exit_status fa_status_show(const struct fa_options *options)
{
    struct fa_error err = {0};
    struct fa_config config = options->config;
    char *state = fa_shards_state(&config);
    config.state = state;
    int result =
        options->failed ? list_failed(&config, &err) : summarize(&config, options->json, &err);
    free(state);
    if (result == 0)
        result = fa_term_flush(&err);
    if (result == 0)
        return FA_EXIT_OK;
    fa_term_error(&err);
    return fa_exit_of(&err);
}
