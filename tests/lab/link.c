#include "link.h"

#include <stdbool.h>

/* splitmix64: every seed is good, so 0 and neighbours may be given. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static bool is_lost(struct fa_link *link)
{
    return link->loss > 0 && (double)(next_random(&link->random) >> 11) * 0x1p-53 < link->loss;
}

enum fa_link_fate fa_link_send(struct fa_link *link, int64_t now, size_t size, int64_t *due)
{
    int64_t start = link->free_at > now ? link->free_at : now;
    int64_t sending = 0;
    if (link->rate > 0) {
        double waiting = (double)(start - now) * link->rate / 8e9 + (double)size;
        /* An idle link takes any packet, however small the queue. */
        if (link->queue > 0 && waiting > link->queue && start > now) {
            return FA_LINK_DROPPED;
        }
        link->queue_max = waiting > link->queue_max ? waiting : link->queue_max;
        sending = (int64_t)((double)size * 8e9 / link->rate + 0.5);
    }
    link->free_at = start + sending;
    *due = link->free_at + link->delay;
    return is_lost(link) ? FA_LINK_LOST : FA_LINK_ARRIVES;
}
