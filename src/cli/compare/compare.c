/*
 * A sample of the lists is written to a temporary folder; each run fetches it into that folder, is
 * measured, and its files are removed.  The results are judged after all rounds.
 *
 * Everything that can fail without a request is checked first: the options, the outputs, the
 * folder.  A comparison may take hours, and its requests burden the servers.
 *
 * Progress goes to standard error and results to standard output, so that results can be piped.
 * After a signal the complete rounds are still judged; only without any is there no result.
 */
#include "cli/compare/compare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <fetchall/sample.h>

#include "base/clock.h"
#include "cli/compare/announce.h"
#include "cli/compare/answer.h"
#include "cli/compare/caches.h"
#include "cli/compare/child.h"
#include "cli/compare/command.h"
#include "cli/compare/fresh.h"
#include "cli/compare/lineup.h"
#include "cli/compare/machine.h"
#include "cli/compare/plan.h"
#include "cli/compare/review.h"
#include "cli/compare/rounds.h"
#include "cli/compare/tuned.h"
#include "cli/compare/stage_files.h"
#include "cli/compare/tune.h"
#include "cli/compare/warmup.h"
#include "cli/signals.h"
#include "cli/term.h"
#include "cli/units.h"

struct compare {
    const struct fa_options *options;
    struct fa_runs runs;
    struct fa_contestant contestants[FA_PLAN_CONTESTANTS_MAX];
    size_t n;
    struct fa_sample sample;
    struct fa_parts parts; /* Of it, with --sample fresh. */
    struct fa_result_of results[FA_STAGE_KINDS];
    size_t n_results;
    uint64_t seed;
    double began;
    bool pointless;             /* Rounds would be pointless. */
    bool broken;                /* A run failed after some rounds. */
    enum fa_exit_status status; /* By the baseline. */
};

/* Append an empty result; title is taken. */
static struct fa_result_of *compare_add_result(struct compare *compare, char *title,
                                               struct fa_error *err)
{
    const struct fa_options *options = compare->options;
    /* --budget starts with the first run, not with sampling. */
    if (compare->began <= 0)
        compare->began = fa_clock_now();
    struct fa_result_of *result = &compare->results[compare->n_results++];
    struct fa_comparison *comparison = &result->comparison;
    int rc = fa_result_init(result, compare->contestants, compare->n,
                            fa_runs_rounds(&compare->runs), err);
    result->title = title;
    bool folder = options->compare.stage && fa_stage_is_folder(options->lists.items[0]);
    bool known = folder && fa_stage_has_state(options->lists.items[0]);
    result->command = known    ? fa_command_verify(options)
                      : folder ? strdup("fetchall")
                               : fa_command_program(options);
    result->list = known ? strdup("") : folder ? strdup("LIST") : fa_command_lists(options);
    if (rc == 0 && (!result->title || !result->command || !result->list)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot keep what is measured");
        rc = -1;
    }
    comparison->title = result->title;
    comparison->command = result->command;
    comparison->list = result->list;
    comparison->redacted = fa_command_redacted(options) && !folder;
    comparison->stage = options->compare.stage;
    comparison->sequential = options->compare.sequential;
    fa_machine_describe(comparison->machine, sizeof(comparison->machine));
    fa_machine_when(comparison->when, sizeof(comparison->when));
    return rc == 0 ? result : NULL;
}

static int compare_take_sample(struct compare *compare, struct fa_error *err)
{
    const struct fa_options *options = compare->options;
    struct fa_sample *sample = &compare->sample;
    sample->size = sizeof(*sample);
    const char *const *lists = (const char *const *)options->lists.items;
    uint64_t most = options->compare.fresh ? fa_fresh_entries(&options->compare, compare->n)
                                           : options->compare.sample;
    int rc = fa_sample_write_config(&options->config, lists, options->lists.count, most,
                                    compare->runs.list, sample, err);
    if (rc == 0 && sample->bad > 0)
        fa_announce_bad_lines(options, sample, lists[sample->first_bad.list]);
    if (rc == 0 && sample->taken == 0)
        rc = fa_option_refuse(err, "nothing to download: no valid entry in the lists");
    struct fa_runs *runs = &compare->runs;
    runs->entries = sample->taken;
    runs->origins = sample->taken_origins;
    return rc != 0 ? -1 : fa_listing_read(&options->config, runs->list, &runs->listing, err);
}

static int fetch_once(struct fa_rounds *rounds, struct fa_contestant *contestant,
                      struct fa_trial *ret, struct fa_error *err)
{
    return fa_runs_fetch(rounds->runs, contestant, ret, err);
}

/* The race that chooses the contestants.  @ret_race  To be freed. */
static int compare_race(struct compare *compare, struct fa_race **ret_race, struct fa_error *err)
{
    struct fa_race *race = *ret_race = calloc(1, sizeof(*race));
    if (!race) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot race");
        return -1;
    }
    compare->began = fa_clock_now();
    struct fa_tune tune = {.runs = &compare->runs, .began = compare->began, .race = race};
    int rc = fa_tune_run(&tune, compare->contestants, &compare->n, err);
    compare->pointless = tune.pointless;
    return rc;
}

/* The race and the contestants, and the result that gets what they measure. */
static struct fa_result_of *compare_prepare(struct compare *compare, struct fa_error *err)
{
    struct fa_race *race = NULL;
    struct fa_result_of *result = NULL;
    if (compare_take_sample(compare, err) == 0 &&
        fa_lineup_prepare(&compare->runs, compare->contestants, &compare->n, err) == 0 &&
        (!compare->options->compare.tune || compare_race(compare, &race, err) == 0))
        result = compare_add_result(compare, fa_command_title(compare->options), err);
    if (!result) {
        free(race);
        return NULL;
    }
    result->race = race;
    result->comparison.race = race;
    return result;
}

static void comparison_set_sample(struct fa_comparison *comparison, const struct compare *compare,
                                  enum fa_asked asked, unsigned rounds)
{
    comparison->asked = asked;
    comparison->rounds_wanted = rounds;
    comparison->entries = compare->runs.entries;
    comparison->listed = compare->sample.entries;
    comparison->origins = compare->sample.taken_origins;
    comparison->per_host = compare->options->config.per_host;
}

/* The second result of --sample fresh; NULL without it, or after an error. */
static struct fa_result_of *compare_add_again(struct compare *compare, struct fa_error *err)
{
    char *title = fa_command_title(compare->options), *whole = NULL;
    if (title && asprintf(&whole, "%s, asked for again", title) < 0)
        whole = NULL;
    free(title);
    return compare_add_result(compare, whole, err);
}

static int compare_fetch(struct compare *compare, struct fa_error *err)
{
    bool fresh = compare->options->compare.fresh;
    struct fa_result_of *result = compare_prepare(compare, err), *again = NULL;
    unsigned wanted = fa_runs_rounds(&compare->runs);
    if (!result || (fresh && fa_fresh_begin(&compare->parts, &compare->runs, compare->n,
                                            compare->seed, &wanted, err) != 0))
        return -1;
    if (fresh && !(again = compare_add_again(compare, err)))
        return -1;
    comparison_set_sample(&result->comparison, compare, fresh ? FA_ASKED_FRESH : FA_ASKED_SAME,
                          wanted);
    if (again)
        comparison_set_sample(&again->comparison, compare, FA_ASKED_AGAIN, wanted);
    fa_announce(compare->options, &compare->sample, &result->comparison);
    struct fa_rounds rounds = {
        .runs = &compare->runs,
        .result = result,
        .seed = compare->seed,
        .began = compare->began,
        .once = fresh ? fa_fresh_once : fetch_once,
        .parts = &compare->parts,
        .again = again,
    };
    int rc = fa_rounds_run(&rounds, err);
    compare->pointless = rounds.pointless;
    compare->broken = rounds.broken;
    return rc;
}

static int hash_once(struct fa_rounds *rounds, struct fa_contestant *contestant,
                     struct fa_trial *ret, struct fa_error *err)
{
    const struct fa_comparison *comparison = &rounds->result->comparison;
    int rc = fa_runs_hash(rounds->runs, contestant, rounds->dir, rounds->manifest, ret, err);
    /* Hashing runs write no events; the manifest says how much each one hashes. */
    ret->entries = comparison->entries;
    ret->bytes = comparison->bytes;
    return rc;
}

/* Compare the stage on files of one kind; both: there are files of each kind.  They are separate
 * results, because processes cost time per file and hashing costs time per byte. */
static int compare_kind(struct compare *compare, const struct fa_stage_set *set,
                        enum fa_stage_kind kind, bool both, const char *dir, struct fa_error *err)
{
    static const char *const names[FA_STAGE_KINDS] = {"files of up to 64 KiB", "larger files"};
    const struct fa_stage_files *files = &set->kinds[kind];
    char size[FA_UNITS_MAX];
    char *title = fa_command_title(compare->options), *whole = NULL;
    if (title && asprintf(&whole, "%s%s%s", title, both ? ", " : "", both ? names[kind] : "") < 0)
        whole = NULL;
    free(title);
    struct fa_result_of *result = compare_add_result(compare, whole, err);
    if (!result)
        return -1;
    result->comparison.entries = result->comparison.listed = files->files;
    result->comparison.bytes = files->bytes;
    if (!compare->options->quiet)
        fprintf(stderr, "fetchall: %llu %s, %s: %zu to compare, a warm-up and %s%u round%s\n",
                (unsigned long long)files->files, names[kind],
                fa_units_bytes((double)files->bytes, size), compare->n,
                compare->options->compare.sequential ? "at most " : "",
                compare->options->compare.rounds,
                fa_units_plural(compare->options->compare.rounds));
    struct fa_rounds rounds = {
        .runs = &compare->runs,
        .result = result,
        .seed = compare->seed,
        .began = compare->began,
        .once = hash_once,
        .dir = dir,
        .manifest = files->manifest,
    };
    int rc = fa_rounds_run(&rounds, err);
    compare->broken |= rounds.broken;
    return rc;
}

static int compare_folder(struct compare *compare, const char *dir, struct fa_error *err)
{
    struct fa_stage_set set;
    enum fa_hash hash = (enum fa_hash)compare->options->config.hash;
    int rc = fa_stage_set_init(&set, dir, compare->runs.folder.path, hash, err);
    bool small = set.kinds[FA_STAGE_SMALL_FILES].files > 0;
    bool large = set.kinds[FA_STAGE_LARGE_FILES].files > 0;
    if (rc == 0 && set.unreadable > 0)
        fprintf(stderr, "fetchall: what cannot be read is left out: %llu file%s or folder%s\n",
                (unsigned long long)set.unreadable, fa_units_plural(set.unreadable),
                fa_units_plural(set.unreadable));
    if (rc == 0 && !small && !large)
        rc = fa_option_refuse(err, "there are no files to hash in '%s'", dir);
    if (rc == 0 && small)
        rc = compare_kind(compare, &set, FA_STAGE_SMALL_FILES, large, dir, err);
    if (rc == 0 && large)
        rc = compare_kind(compare, &set, FA_STAGE_LARGE_FILES, small, dir, err);
    fa_stage_set_fini(&set);
    return rc;
}

/* Fetch the sample once, like a plain fetch, to have files to hash.  Nothing is measured here. */
static int fetch_for_stage(struct compare *compare, struct fa_error *err)
{
    struct fa_contestant plain = {
        .name = "fetching", .mode = FA_MODE_ASYNC, .jobs = FA_PICKS_JOBS, .http = FA_HTTP_1_1};
    struct fa_trial trial = {0};
    if (compare_take_sample(compare, err) != 0)
        return -1;
    if (!compare->options->quiet)
        fprintf(stderr, "fetchall: %llu request%s to fetch what is hashed then\n",
                (unsigned long long)compare->sample.taken, fa_units_plural(compare->sample.taken));
    int rc = fa_runs_fetch(&compare->runs, &plain, &trial, err);
    plain.trials = &trial;
    plain.n_trials = 1;
    struct fa_warmup warmup = fa_warmup_of(&plain, 1);
    if (rc == 0 && fa_warmup_check(&warmup, "", err) != 0) {
        compare->pointless = true;
        rc = -1;
    }
    if (rc == 0 && trial.failed > 0)
        fprintf(stderr, "fetchall: what failed is not hashed: %llu of %llu entries\n",
                (unsigned long long)trial.failed, (unsigned long long)trial.entries);
    free(trial.moments);
    return rc;
}

static int compare_stage(struct compare *compare, struct fa_error *err)
{
    const struct fa_options *options = compare->options;
    const unsigned known = FA_HASH_MD5 | FA_HASH_SHA1 | FA_HASH_SHA256 | FA_HASH_SHA512;
    if ((options->config.hash & ~known) || options->config.hash != options->config.hash_first)
        return fa_option_refuse(err, "--stage requires one of md5, sha1, sha256 and sha512");
    if (options->lists.count == 1 && fa_stage_is_folder(options->lists.items[0]))
        return compare_folder(compare, options->lists.items[0], err);
    if (fetch_for_stage(compare, err) != 0)
        return -1;
    return compare_folder(compare, compare->runs.files, err);
}

/* Judge the results that have a complete round.  After a signal there must be one. */
static int compare_judge(struct compare *compare, struct fa_error *err)
{
    bool any = false;
    for (size_t i = 0; i < compare->n_results; ++i) {
        struct fa_result_of *result = &compare->results[i];
        if (result->comparison.rounds == 0)
            continue;
        if (fa_verdict_init(&result->verdict, &result->comparison) != 0) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot judge what was measured");
            return -1;
        }
        result->judged = any = true;
    }
    fa_caches_relate(compare->results, compare->n_results);
    return any || !fa_signals_caught() ? 0 : -1;
}

/* Everything that can fail. */
static int compare_run(struct compare *compare, struct fa_error *err)
{
    const struct fa_options *options = compare->options;
    if (options->compare.read)
        return fa_review_read(options, &compare->status, err);
    if (!options->compare.tune &&
        (compare->n = fa_plan_contestants(options, compare->contestants, err)) == 0)
        return -1;
    if (fa_answer_check(&options->compare, err) != 0 || fa_review_check(options, err) != 0 ||
        fa_tuned_check(options, err) != 0 || fa_runs_init(&compare->runs, options, err) != 0)
        return -1;
    int rc = options->compare.stage ? compare_stage(compare, err) : compare_fetch(compare, err);
    if (rc == 0)
        rc = compare_judge(compare, err);
    if (rc != 0 || fa_answer_write(&options->compare, compare->results, compare->n_results,
                                   compare->seed, compare->runs.watching, err) != 0)
        return -1;
    if (options->compare.write && fa_tuned_write(options, &compare->results[0], err) != 0)
        return -1;
    return fa_review_baseline(options, compare->results, compare->n_results, &compare->status, err);
}

/* 1 if no round was completed. */
static enum fa_exit_status compare_status(const struct compare *compare)
{
    for (size_t i = 0; i < compare->n_results; ++i) {
        if (!compare->results[i].judged) {
            fputs("fetchall: there was no round to judge by\n", stderr);
            return FA_EXIT_PERMANENT;
        }
    }
    return compare->broken ? FA_EXIT_LOCAL : compare->status;
}

enum fa_exit_status fa_compare_show(const struct fa_options *options)
{
    struct fa_error err = {0};
    enum fa_exit_status status = FA_EXIT_LOCAL;
    struct compare *compare = calloc(1, sizeof(*compare));
    if (!compare) {
        fa_error_system(&err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot compare");
        fa_term_error(&err);
        return status;
    }
    /* Before the first file is written, and before children are started. */
    fa_signals_ignore();
    fa_signals_remember();
    fa_child_adopt_orphans();
    compare->options = options;
    /* 32 bits, which every JSON parser can represent. */
    if (getrandom(&compare->seed, sizeof(uint32_t), 0) < 0)
        compare->seed = (uint32_t)getpid();
    if (compare_run(compare, &err) == 0) {
        status = compare_status(compare);
    } else {
        /* A user who interrupted the program knows why it ended. */
        if (!fa_signals_caught())
            fa_term_error(&err);
        /* As after a fetch whose entries all fail. */
        status = compare->pointless               ? FA_EXIT_PERMANENT
                 : err.class == FA_CLASS_LOCAL_IO ? FA_EXIT_LOCAL
                                                  : FA_EXIT_USAGE;
    }
    for (size_t i = 0; i < compare->n_results; ++i)
        fa_result_fini(&compare->results[i]);
    fa_fresh_end(&compare->parts, &compare->runs);
    fa_runs_fini(&compare->runs);
    free(compare);
    return status;
}
