#include "compared.h"

#include "fail.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MOMENTS 80
#define ENTRIES 400
#define BYTES   (96.0 * 1024 * 1024)

static const struct {
    const char *name;
    enum fa_mode mode;
    unsigned jobs;
} kinds[FA_COMPARED_MAX] = {
    {"async -j 32", FA_MODE_ASYNC, 32},       {"thread -j 32", FA_MODE_THREAD, 32},
    {"process -j 32", FA_MODE_PROCESS, 32},   {"async -j 8", FA_MODE_ASYNC, 8},
    {"thread -j 8", FA_MODE_THREAD, 8},       {"process -j 8", FA_MODE_PROCESS, 8},
    {"async -j 128", FA_MODE_ASYNC, 128},     {"thread -j 128", FA_MODE_THREAD, 128},
    {"process -j 128", FA_MODE_PROCESS, 128}, {"async -j 256", FA_MODE_ASYNC, 256},
    {"thread -j 256", FA_MODE_THREAD, 256},   {"process -j 256", FA_MODE_PROCESS, 256},
};

/* Something like noise, between -1 and 1. */
static double wobble(size_t a, size_t b)
{
    return sin((double)(a * 37 + b * 101) * 1.7);
}

static void fill_moments(struct fa_trial *trial, size_t seed)
{
    trial->moments = calloc(MOMENTS, sizeof(*trial->moments));
    if (!trial->moments)
        fa_test_fail("out of memory");
    trial->n_moments = MOMENTS;
    double bytes = 0;
    for (size_t i = 0; i < MOMENTS; i++) {
        double done = (double)(i + 1) / MOMENTS;
        double rate = (done < 0.1 ? done * 10 : done > 0.9 ? (1 - done) * 10 : 1);
        bytes += rate * (1 + 0.15 * wobble(seed, i)) * BYTES / (0.9 * MOMENTS);
        trial->moments[i] = (struct fa_moment){trial->wall * done, (uint64_t)fmin(bytes, BYTES)};
    }
}

static struct fa_latency latency_of(double p50)
{
    return (struct fa_latency){p50, p50 * 2.2, p50 * 4.5};
}

static void fill_trial(struct fa_trial *trial, size_t i, unsigned round)
{
    double mode = kinds[i].mode == FA_MODE_ASYNC ? 1 : kinds[i].mode == FA_MODE_THREAD ? 2 : 3;
    *trial = (struct fa_trial){
        .round = round,
        .place = (unsigned)((i + round) % FA_COMPARED_MAX),
        .wall = (1.8 + 0.31 * (double)i) * (1 + 0.04 * wobble(i, round)),
        .user = 0.22 * mode * (1 + 0.05 * wobble(round, i)),
        .system = 0.31 + 0.1 * mode,
        .peak_pss = (uint64_t)(mode * mode * 7.3 * 1048576) + 64 * kinds[i].jobs * 1024,
        .peak_threads = kinds[i].mode == FA_MODE_ASYNC ? 3 : kinds[i].jobs + 3,
        .peak_processes = kinds[i].mode == FA_MODE_PROCESS ? kinds[i].jobs + 2 : 4,
        .switches = 2100 * (i + 1),
        .calls = 48211 + 1000 * i,
        .requests = ENTRIES + i,
        .refusals = i,
        .rtt = 0.02,
        .retransmits = i,
        .reordered = 3 * i,
        .entries = ENTRIES,
        .bytes = (uint64_t)BYTES,
    };
    trial->ttfb = latency_of(0.021 + 0.004 * (double)i);
    trial->total = latency_of(0.06 + 0.011 * (double)i);
    trial->due = latency_of(0.9 + 0.1 * (double)i);
    fill_moments(trial, i * 31 + round);
}

static struct fa_standing_of stand(const struct fa_contestant *contestant, size_t i)
{
    const struct fa_trial *trial = &contestant->trials[0];
    double wall = 1.8 + 0.31 * (double)i;
    double ratio = wall / 1.8;
    double cpu = trial->user + trial->system;
    return (struct fa_standing_of){
        .rank = i == 0   ? FA_RANK_BEST
                : i == 1 ? FA_RANK_EQUAL
                         : FA_RANK_SLOWER,
        .wall = {wall, wall * 0.97, wall * 1.05},
        .ratio = {ratio, ratio * 0.97, ratio * 1.04},
        .cpu = {cpu, cpu * 0.98, cpu * 1.03},
        .files_per_second = ENTRIES / wall,
        .bytes_per_second = BYTES / wall,
        .peak_pss = (double)trial->peak_pss,
        .peak_threads = (double)trial->peak_threads,
        .peak_processes = (double)trial->peak_processes,
        .switches = (double)trial->switches,
        .calls = (double)trial->calls,
        .ttfb = trial->ttfb,
        .total = trial->total,
        .due = trial->due,
        .requests = (double)trial->requests,
        .refusals = (double)trial->refusals,
        .rtt = trial->rtt,
        .retransmits = (double)trial->retransmits,
        .reordered = (double)trial->reordered,
    };
}

static void fill_contestant(struct fa_contestant *contestant, size_t i, unsigned rounds)
{
    *contestant = (struct fa_contestant){
        .mode = kinds[i].mode,
        .jobs = kinds[i].jobs,
        .http = 11,
        .hash_with = FA_HASH_WITH_AUTO,
        .n_trials = rounds,
    };
    snprintf(contestant->name, sizeof(contestant->name), "%s", kinds[i].name);
    contestant->trials = calloc(rounds + 1, sizeof(*contestant->trials));
    if (!contestant->trials)
        fa_test_fail("out of memory");
    for (unsigned round = 0; round < rounds; round++)
        fill_trial(&contestant->trials[round], i, round);
}

void fa_compared_init(struct fa_compared *compared, size_t contestants, unsigned rounds)
{
    if (contestants > FA_COMPARED_MAX || !rounds)
        fa_test_fail("%zu contestants and %u rounds cannot be compared", contestants, rounds);
    *compared = (struct fa_compared){0};
    for (size_t i = 0; i < contestants; i++) {
        fill_contestant(&compared->contestants[i], i, rounds);
        compared->standings[i] = stand(&compared->contestants[i], i);
    }
    compared->comparison = (struct fa_comparison){
        .title = "urls.txt",
        .contestants = compared->contestants,
        .n_contestants = contestants,
        .rounds = rounds,
        .rounds_wanted = rounds,
        .entries = ENTRIES,
        .bytes = (uint64_t)BYTES,
        .listed = 12000,
        .origins = 3,
        .requests = (rounds + 1) * contestants * ENTRIES,
        .command = "fetchall --cacert ca.pem",
        .list = "urls.txt",
        .machine = "2 cores of an AMD EPYC, 8 GiB, Linux 6.1",
        .when = "2026-11-21T10:00:00Z",
    };
    compared->verdict = (struct fa_verdict){
        .standings = compared->standings,
        .concluded = true,
        .drift = 1.0,
        .reason = "It is 17 % faster than thread -j 32 and needs half of its CPU time and memory.",
    };
}

void fa_compared_fini(struct fa_compared *compared)
{
    for (size_t i = 0; i < compared->comparison.n_contestants; i++) {
        for (size_t j = 0; j < compared->contestants[i].n_trials; j++)
            free(compared->contestants[i].trials[j].moments);
        free(compared->contestants[i].trials);
    }
    *compared = (struct fa_compared){0};
}

void fa_compared_unmeasure(struct fa_compared *compared)
{
    static const struct fa_latency none = {NAN, NAN, NAN};
    for (size_t i = 0; i < compared->comparison.n_contestants; i++) {
        struct fa_standing_of *standing = &compared->standings[i];
        standing->ttfb = standing->total = none;
        standing->calls = standing->switches = standing->peak_pss = NAN;
        standing->cpu = (struct fa_estimate){NAN, NAN, NAN};
        for (size_t j = 0; j < compared->contestants[i].n_trials; j++) {
            struct fa_trial *trial = &compared->contestants[i].trials[j];
            trial->ttfb = trial->total = none;
            trial->user = trial->system = NAN;
            trial->peak_pss = trial->calls = trial->switches = FA_UNMEASURED;
            trial->n_moments = 0;
        }
    }
}

void fa_compared_fail(struct fa_compared *compared, size_t contestant, double share)
{
    uint64_t failed = (uint64_t)(share * ENTRIES);
    compared->standings[contestant].rank = FA_RANK_FAILING;
    compared->standings[contestant].failed = share;
    for (size_t j = 0; j < compared->contestants[contestant].n_trials; j++) {
        struct fa_trial *trial = &compared->contestants[contestant].trials[j];
        trial->failed = failed;
        trial->failures[FA_CLASS_TIMEOUT] = failed / 2;
        trial->failures[FA_CLASS_HTTP] = failed - failed / 2;
        trial->status = 1;
    }
}

void fa_compared_stage(struct fa_compared *compared)
{
    static const char *const names[] = {"inline", "thread", "process"};
    static const enum fa_hash_with models[] = {FA_HASH_WITH_INLINE, FA_HASH_WITH_THREAD,
                                               FA_HASH_WITH_PROCESS};
    compared->comparison.stage = true;
    compared->comparison.requests = 0;
    compared->comparison.title = "photos";
    compared->comparison.list = "photos";
    for (size_t i = 0; i < compared->comparison.n_contestants; i++) {
        struct fa_contestant *contestant = &compared->contestants[i];
        snprintf(contestant->name, sizeof(contestant->name), "%s", names[i % 3]);
        contestant->hash_with = models[i % 3];
        compared->standings[i].ttfb = (struct fa_latency){NAN, NAN, NAN};
        compared->standings[i].total = (struct fa_latency){NAN, NAN, NAN};
        for (size_t j = 0; j < contestant->n_trials; j++)
            contestant->trials[j].n_moments = 0;
    }
}
