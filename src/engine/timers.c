/*
 * Places count from 1, so that the children of a place are 2n and 2n+1, and 0 can mean "not set".
 * Each timer knows its place: hundreds of thousands of jobs may wait for a retry, and clearing one
 * of them must not search the heap.
 */
#include "engine/timers.h"

#include <stdlib.h>

void fa_timers_fini(struct fa_timers *timers)
{
    free(timers->heap);
    *timers = (struct fa_timers){0};
}

static void heap_put(struct fa_timers *timers, size_t place, struct fa_timer *timer)
{
    timers->heap[place - 1] = timer;
    timer->place = place;
}

static struct fa_timer *heap_at(const struct fa_timers *timers, size_t place)
{
    return timers->heap[place - 1];
}

/* The timer is written to its final place only, and the others move one level each. */
static void heap_rise(struct fa_timers *timers, struct fa_timer *timer)
{
    size_t place = timer->place;
    while (place > 1 && heap_at(timers, place / 2)->at > timer->at) {
        heap_put(timers, place, heap_at(timers, place / 2));
        place /= 2;
    }
    heap_put(timers, place, timer);
}

static void heap_sink(struct fa_timers *timers, struct fa_timer *timer)
{
    size_t place = timer->place;
    for (;;) {
        size_t child = place * 2;
        if (child > timers->count)
            break;
        if (child < timers->count && heap_at(timers, child + 1)->at < heap_at(timers, child)->at)
            ++child;
        if (heap_at(timers, child)->at >= timer->at)
            break;
        heap_put(timers, place, heap_at(timers, child));
        place = child;
    }
    heap_put(timers, place, timer);
}

/* The new time may be earlier or later than before: at most one of rise and sink moves the
 * timer. */
int fa_timers_set(struct fa_timers *timers, struct fa_timer *timer, double when)
{
    if (timer->place == 0) {
        if (timers->count == timers->room) {
            size_t room = timers->room ? timers->room * 2 : 64;
            struct fa_timer **heap = realloc(timers->heap, room * sizeof(struct fa_timer *));
            if (!heap)
                return -1;
            timers->heap = heap;
            timers->room = room;
        }
        heap_put(timers, ++timers->count, timer);
    }
    timer->at = when;
    heap_rise(timers, timer);
    heap_sink(timers, timer);
    return 0;
}

/* The last timer fills the gap; it may belong above or below it. */
void fa_timers_clear(struct fa_timers *timers, struct fa_timer *timer)
{
    size_t place = timer->place;
    if (place == 0)
        return;
    struct fa_timer *last = heap_at(timers, timers->count--);
    timer->place = 0;
    if (last == timer)
        return;
    heap_put(timers, place, last);
    heap_rise(timers, last);
    heap_sink(timers, last);
}

struct fa_timer *fa_timers_next(const struct fa_timers *timers)
{
    return timers->count ? timers->heap[0] : NULL;
}
