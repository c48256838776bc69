/*
 * Jitter spreads retries, so that clients that failed together do not return together.  A seed from
 * the time would defeat that: many machines start a job at the same second.  rand(3) would be
 * shared with the surrounding program.
 */
#include "base/jitter.h"

#include "base/clock.h"

#include <sys/random.h>

/* Without random bytes from the kernel any seed is better than none. */
void fa_jitter_init(struct fa_jitter *random, uint64_t seed)
{
    random->state = seed;
    if (seed == 0 && getrandom(&random->state, sizeof(random->state), 0) != sizeof(random->state))
        random->state = (uint64_t)(fa_clock_now() * 1e9);
}

uint64_t fa_jitter_next(struct fa_jitter *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
