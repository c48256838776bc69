/*
 * The list is short (FA_EXTENTS_MAX), so it is searched from its start.  Forgetting is always safe:
 * bytes that are there but not in the list are fetched again.
 */
#include "engine/extents.h"

#include <string.h>

/* The first extent that ends at or after a position: it contains it, touches it, or is behind
 * it. */
static size_t extents_find(const struct fa_extents *extents, uint64_t at)
{
    size_t i = 0;
    while (i < extents->count && extents->items[i].end < at)
        ++i;
    return i;
}

/* Replace the extents from i to j, without j, by one. */
static void extents_replace(struct fa_extents *extents, size_t i, size_t j, struct fa_extent by)
{
    struct fa_extent *items = extents->items;
    memmove(items + i + 1, items + j, (extents->count - j) * sizeof(*items));
    items[i] = by;
    extents->count = extents->count - (j - i) + 1;
}

void fa_extents_add(struct fa_extents *extents, uint64_t first, uint64_t end)
{
    if (first >= end)
        return;
    struct fa_extent by = {first, end};
    size_t i = extents_find(extents, first), j = i;
    for (; j < extents->count && extents->items[j].first <= end; ++j) {
        const struct fa_extent *old = &extents->items[j];
        by.first = old->first < by.first ? old->first : by.first;
        by.end = old->end > by.end ? old->end : by.end;
    }
    if (j > i || extents->count < FA_EXTENTS_MAX)
        extents_replace(extents, i, j, by);
}

/* Rebuilt from what is left of each extent: the pieces are added in order, so none of them is moved
 * again. */
void fa_extents_remove(struct fa_extents *extents, uint64_t first, uint64_t end)
{
    struct fa_extents old = *extents;
    extents->count = 0;
    for (size_t i = 0; i < old.count; ++i) {
        struct fa_extent *item = &old.items[i];
        uint64_t before = item->end < first ? item->end : first;
        uint64_t after = item->first > end ? item->first : end;
        fa_extents_add(extents, item->first, before);
        fa_extents_add(extents, after, item->end);
    }
}

uint64_t fa_extents_bytes(const struct fa_extents *extents)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < extents->count; ++i)
        bytes += extents->items[i].end - extents->items[i].first;
    return bytes;
}

bool fa_extents_are_whole(const struct fa_extents *extents, uint64_t size)
{
    return extents->count == 1 && extents->items[0].first == 0 && extents->items[0].end >= size;
}

bool fa_extents_gap(const struct fa_extents *extents, uint64_t at, uint64_t size,
                    struct fa_extent *ret)
{
    size_t i = extents_find(extents, at);
    if (i < extents->count && extents->items[i].first <= at)
        at = extents->items[i++].end;
    *ret = (struct fa_extent){at, i < extents->count ? extents->items[i].first : size};
    if (ret->end > size)
        ret->end = size;
    return ret->first < ret->end;
}

bool fa_extents_are_valid(const struct fa_extents *extents, uint64_t size)
{
    uint64_t at = 0;
    for (size_t i = 0; i < extents->count; ++i) {
        const struct fa_extent *item = &extents->items[i];
        if (item->first >= item->end || item->end > size || (i > 0 && item->first <= at))
            return false;
        at = item->end;
    }
    return true;
}
