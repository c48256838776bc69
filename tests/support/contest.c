#include "support/contest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/compare/statistics.h"

static void init_trial(struct fa_trial *trial, unsigned round, unsigned place)
{
    *trial = (struct fa_trial){
        .round = round,
        .place = place,
        .wall = 10,
        .user = 1,
        .system = 1,
        .peak_pss = 20 << 20,
        .peak_threads = 3,
        .peak_processes = 2,
        .switches = 1000,
        .calls = FA_UNMEASURED,
        .ttfb = {0.1, 0.2, 0.3},
        .total = {0.5, 0.7, 0.9},
        .due = {5, 9, 9.9},
        .requests = 120,
        .cached = 0.25,
        .rtt = 0.02,
        .retransmits = round == 0 ? 5 : 0,
        .reordered = 12,
        .refusals = round == 0 ? 25 : 0,
        .entries = 100,
        .bytes = 1 << 20,
    };
}

void contest_init(struct contest *contest, size_t contestants, unsigned rounds)
{
    static const enum fa_mode modes[] = {FA_MODE_THREAD, FA_MODE_PROCESS, FA_MODE_ASYNC};
    static const char *const names[] = {"thread", "process", "async"};
    memset(contest, 0, sizeof(*contest));
    contest->comparison = (struct fa_comparison){
        .title = "list.txt",
        .contestants = contest->contestants,
        .n_contestants = contestants,
        .rounds = rounds,
        .rounds_wanted = rounds,
        .entries = 100,
        .bytes = 1 << 20,
        .listed = 1000,
        .origins = 3,
        .requests = 100 * contestants * (rounds + 1),
        .command = "fetchall --cacert ca.pem",
        .list = "list.txt",
        .machine = "2 cores, 8 GiB, Linux 6.1",
        .when = "2026-11-21T10:00:00Z",
    };
    for (size_t i = 0; i < contestants; ++i) {
        struct fa_contestant *one = &contest->contestants[i];
        *one = (struct fa_contestant){.mode = modes[i % 3],
                                      .hash_with = FA_HASH_WITH_AUTO,
                                      .jobs = 32U << (i / 3),
                                      .http = 11,
                                      .trials = contest->trials[i],
                                      .n_trials = rounds};
        snprintf(one->name, sizeof(one->name), "%s -j %u", names[i % 3], one->jobs);
        for (unsigned round = 0; round < rounds; ++round)
            init_trial(&contest->trials[i][round], round, (unsigned)i);
    }
}

void contest_slow(struct contest *contest, size_t contestant, double factor)
{
    for (unsigned round = 0; round < contest->comparison.rounds; ++round)
        contest->trials[contestant][round].wall *= factor;
}

void contest_noise(struct contest *contest, double deviation, uint64_t seed)
{
    struct fa_random random = {seed};
    for (size_t i = 0; i < contest->comparison.n_contestants; ++i)
        for (unsigned round = 0; round < contest->comparison.rounds; ++round)
            contest->trials[i][round].wall *= exp(deviation * fa_random_normal(&random));
}
