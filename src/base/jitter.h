/**
 * Random numbers for jitter, not for secrets: splitmix64 (https://prng.di.unimi.it/splitmix64.c).
 */
#ifndef FA_BASE_JITTER_H
#define FA_BASE_JITTER_H

#include <stdint.h>

struct fa_jitter {
    uint64_t state;
};

/** @seed  0: from the kernel; else the numbers repeat. */
void fa_jitter_init(struct fa_jitter *random, uint64_t seed);

/** @return 64 random bits. */
uint64_t fa_jitter_next(struct fa_jitter *random);

#endif
