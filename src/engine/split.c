/*
 * A range is taken from the connection that has the most left, from its end, so that this one goes
 * on undisturbed.  It is stopped when it comes there: a connection that runs over its limit for a
 * moment only writes bytes again that are the same.
 */
#include "engine/split.h"

#include <stdlib.h>
#include <unistd.h>

struct fa_split *fa_split_new(int fd, const struct fa_part_map *map)
{
    struct fa_split *split = calloc(1, sizeof(*split));
    if (!split) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    split->fd = fd;
    split->map = *map;
    split->kept = split->saved = fa_extents_bytes(&map->extents);
    LIST_INIT(&split->segments);
    return split;
}

void fa_split_free(struct fa_split *split)
{
    if (!split)
        return;
    if (!LIST_EMPTY(&split->segments))
        abort(); /* they point to it */
    if (split->all.le_prev)
        LIST_REMOVE(split, all);
    if (split->fd >= 0)
        close(split->fd);
    free(split);
}

static void split_wrote(struct fa_split *split, struct fa_stretch *stretch, uint64_t at)
{
    if (at > split->map.size)
        at = split->map.size;
    if (at <= stretch->at)
        return;
    stretch->at = at;
    fa_extents_add(&split->map.extents, stretch->first, at);
}

/* The last bytes that were received may be in a buffer still.  Without them the map never claims
 * more than the file has, whenever the process is killed. */
void fa_split_note(struct fa_split *split, struct fa_stretch *stretch,
                   const struct fa_attempt *attempt)
{
    if (!attempt->has_head)
        return;
    uint64_t received = attempt->received;
    stretch->got = stretch->first + received;
    if (received > FA_PART_UNWRITTEN)
        split_wrote(split, stretch, stretch->got - FA_PART_UNWRITTEN);
}

/* Only an answer with the file has a head; and with a restart its bytes are refused. */
void fa_split_note_end(struct fa_split *split, struct fa_stretch *stretch,
                       const struct fa_outcome *outcome)
{
    if (outcome->head.rep.total == (int64_t)split->map.size &&
        outcome->head.kept == stretch->first && outcome->restart == FA_RESTART_NONE)
        split_wrote(split, stretch, outcome->size);
}

bool fa_split_is_whole(const struct fa_split *split)
{
    return fa_extents_are_whole(&split->map.extents, split->map.size);
}

bool fa_split_missing(const struct fa_split *split, struct fa_extent *ret)
{
    return fa_extents_gap(&split->map.extents, 0, split->map.size, ret);
}

uint64_t fa_split_bytes(const struct fa_split *split)
{
    return fa_extents_bytes(&split->map.extents);
}

unsigned fa_split_live(const struct fa_split *split)
{
    return split->n_segments + split->active;
}

/* The bytes that are there or somebody's. */
static void split_claim(const struct fa_split *split, struct fa_extents *ret)
{
    const struct fa_segment *segment;
    *ret = split->map.extents;
    if (split->active)
        fa_extents_add(ret, split->own.at, split->own.limit);
    LIST_FOREACH (segment, &split->segments, sibling)
        fa_extents_add(ret, segment->stretch.at, segment->stretch.limit);
}

/* The longest range that is neither there nor anybody's. */
static struct fa_extent split_find_unclaimed(const struct fa_split *split)
{
    struct fa_extents claimed;
    struct fa_extent longest = {0}, gap;
    split_claim(split, &claimed);
    for (uint64_t at = 0; fa_extents_gap(&claimed, at, split->map.size, &gap); at = gap.end)
        if (gap.end - gap.first > longest.end - longest.first)
            longest = gap;
    return longest;
}

/* What was received counts here although it may not be written yet, as nobody else should fetch
 * it. */
static uint64_t stretch_left(const struct fa_stretch *stretch)
{
    uint64_t at = stretch->got > stretch->at ? stretch->got : stretch->at;
    return stretch->limit > at ? stretch->limit - at : 0;
}

static struct fa_stretch *split_find_longest(struct fa_split *split)
{
    struct fa_stretch *longest = split->active ? &split->own : NULL;
    struct fa_segment *segment;
    LIST_FOREACH (segment, &split->segments, sibling)
        if (!segment->stopped &&
            (!longest || stretch_left(&segment->stretch) > stretch_left(longest)))
            longest = &segment->stretch;
    return longest;
}

/* A connection for less than FA_SPLIT_LEAST costs more than it saves. */
static uint64_t split_share(uint64_t left, unsigned shares, uint64_t most)
{
    uint64_t each = left / shares;
    if (most && each > most)
        each = most;
    return each > FA_SPLIT_LEAST ? each : FA_SPLIT_LEAST;
}

bool fa_split_take(struct fa_split *split, unsigned more, uint64_t most, struct fa_extent *ret)
{
    *ret = split_find_unclaimed(split);
    uint64_t left = ret->end - ret->first;
    if (left >= FA_SPLIT_LEAST) {
        ret->end = ret->first + split_share(left, more, most);
        return true;
    }
    struct fa_stretch *from = split_find_longest(split);
    left = from ? stretch_left(from) : 0;
    if (left < 2 * FA_SPLIT_LEAST)
        return false;
    uint64_t each = split_share(left, more + 1, most);
    *ret = (struct fa_extent){from->limit - each, from->limit};
    from->limit -= each;
    return true;
}

/* The answer goes on to `end` anyway: if a neighbour has failed, its range needs no request. */
static void split_lengthen(const struct fa_split *split, struct fa_stretch *stretch)
{
    struct fa_extents claimed;
    struct fa_extent gap;
    split_claim(split, &claimed);
    if (stretch->limit < stretch->end &&
        fa_extents_gap(&claimed, stretch->limit, stretch->end, &gap) && gap.first == stretch->limit)
        stretch->limit = gap.end;
}

void fa_split_give_back(struct fa_split *split)
{
    struct fa_segment *segment;
    if (split->active && !split->stopped)
        split_lengthen(split, &split->own);
    LIST_FOREACH (segment, &split->segments, sibling)
        if (!segment->stopped && !segment->ended)
            split_lengthen(split, &segment->stretch);
}

void fa_split_run_on(struct fa_split *split)
{
    if (split->active && !split->stopped)
        split->own.limit = split->own.end;
}

void fa_split_forget_segments(struct fa_split *split)
{
    if (!split->active || split->stopped || split->own.end != split->map.size)
        return;
    fa_extents_remove(&split->map.extents, split->own.at, split->map.size);
    split->own.limit = split->map.size;
}

bool fa_split_is_due(const struct fa_split *split, double now)
{
    double every = split->syncs ? FA_SPLIT_SAVE_SYNC : FA_SPLIT_SAVE;
    return now - split->saved_at >= every && split->saved != fa_split_bytes(split);
}

void fa_split_save(struct fa_split *split, double now)
{
    uint64_t bytes = fa_split_bytes(split);
    split->saved_at = now;
    /* After a failure the previous map is the valid one: it claims less. */
    if (split->fd >= 0 && fa_part_map_write(split->fd, &split->map, split->syncs) == 0)
        split->saved = bytes;
}
