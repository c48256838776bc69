/**
 * Made-up comparisons, for tests of the conclusions from them.
 */
#ifndef FETCHALL_TESTS_SUPPORT_CONTEST_H
#define FETCHALL_TESTS_SUPPORT_CONTEST_H

#include "cli/compare/trial.h"

#define CONTESTANTS_MAX 9
#define ROUNDS_MAX      12

/** A comparison with its storage inside: do not move it. */
struct contest {
    struct fa_comparison comparison;
    struct fa_contestant contestants[CONTESTANTS_MAX];
    struct fa_trial trials[CONTESTANTS_MAX][ROUNDS_MAX];
};

/** Contestants (thread, process, async, and again with twice the jobs) over a number of rounds;
 * each takes 10 s and the same CPU and memory, ends 100 entries of 1 MiB in all, and fails none. */
void contest_init(struct contest *contest, size_t contestants, unsigned rounds);

/** Multiply the wall times of a contestant. */
void contest_slow(struct contest *contest, size_t contestant, double factor);

/** Multiply each wall time by noise of that deviation; the same seed gives the same noise. */
void contest_noise(struct contest *contest, double deviation, uint64_t seed);

#endif
