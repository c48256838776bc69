#include "engine/shares.h"

#include <stdlib.h>
#include <string.h>

/* As fa_queue_partition(): the lower 32 bits of the hash. */
static unsigned share_part(const struct fa_shares *shares, const struct fa_origin *origin)
{
    return (uint32_t)origin->hash % shares->parts;
}

int fa_shares_put(struct fa_shares *shares, const struct fa_share *from, unsigned parts)
{
    struct fa_share *copy = calloc(parts, sizeof(*copy));
    if (!copy)
        return -1;
    memcpy(copy, from, parts * sizeof(*copy));
    free(shares->at);
    shares->at = copy;
    shares->parts = parts;
    return 0;
}

void fa_shares_fini(struct fa_shares *shares)
{
    free(shares->at);
    *shares = (struct fa_shares){0};
}

bool fa_shares_has(const struct fa_shares *shares, unsigned part, const struct fa_origin *origin)
{
    return shares->parts > 0 && share_part(shares, origin) == part;
}

/* With less than one transfer a host would never be requested, so one is the least. */
void fa_shares_limit(const struct fa_shares *shares, const struct fa_host_limits *whole,
                     struct fa_origin *origin)
{
    origin->limits = *whole;
    if (shares->parts == 0)
        return;
    struct fa_share share = shares->at[share_part(shares, origin)];
    if (share.n >= share.of)
        return;
    uint64_t part = (uint64_t)whole->per_host * share.n / share.of;
    origin->limits.per_host = part > 1 ? (unsigned)part : 1;
    origin->limits.host_rate = whole->host_rate * share.n / share.of;
}
