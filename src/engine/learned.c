#include "engine/learned.h"

static const struct fa_state_limit *learned_set(const struct fa_learned *learned, uint64_t key)
{
    return &learned->limits[key % FA_LEARNED_SETS * FA_LEARNED_WAYS];
}

unsigned fa_learned_get(const struct fa_learned *learned, uint64_t key)
{
    const struct fa_state_limit *set = learned_set(learned, key);
    for (size_t i = 0; i < FA_LEARNED_WAYS; ++i)
        if (set[i].key == key && set[i].per_host > 0)
            return set[i].per_host;
    return 0;
}

/* An unused place is older than any other, because its time is 0. */
void fa_learned_put(struct fa_learned *learned, const struct fa_state_limit *limit)
{
    struct fa_state_limit *set =
        &learned->limits[learned_set(learned, limit->key) - learned->limits];
    size_t place = 0;
    for (size_t i = 1; i < FA_LEARNED_WAYS; ++i)
        if (set[i].at < set[place].at)
            place = i;
    for (size_t i = 0; i < FA_LEARNED_WAYS; ++i)
        if (set[i].key == limit->key && set[i].per_host > 0)
            place = i;
    set[place] = *limit;
    learned->changed = true;
}
