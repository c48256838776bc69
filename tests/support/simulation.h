/**
 * Comparisons that never took place, whose truth is known: how often is the verdict wrong?
 */
#ifndef FETCHALL_TESTS_SUPPORT_SIMULATION_H
#define FETCHALL_TESTS_SUPPORT_SIMULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FA_SIMULATION_CONTESTANTS 4
#define FA_SIMULATION_ROUNDS      100

/** The times of the runs. */
struct fa_simulation {
    size_t contestants;
    double effect;   /**< All but the first contestant take that many times as long. */
    double noise;    /**< Deviation of the logarithm of a time. */
    double outliers; /**< Share of the runs that take twice as long. */
    double drift;    /**< From the first to the 20th run, times rise by this factor; 0: none. */
    const double *recorded; /**< Take the times of these consecutive runs instead, from a random
                                 one on; NULL: the model. */
    size_t n_recorded;
    unsigned rounds; /**< The maximum, or the number. */
    bool fixed;      /**< The number of rounds does not depend on the results. */
};

/** Counts of comparisons. */
struct fa_simulated {
    unsigned comparisons;
    unsigned concluded;
    unsigned wrong;   /**< A contestant that is as fast as any was called slower. */
    unsigned found;   /**< The first one alone was called the fastest. */
    unsigned covered; /**< Each interval of a ratio holds the true one. */
    unsigned drifted;
    unsigned spent; /**< All of the rounds were used. */
    double rounds;  /**< The mean. */
};

void fa_simulation_run(const struct fa_simulation *simulation, unsigned comparisons, uint64_t seed,
                       struct fa_simulated *ret);

#endif
