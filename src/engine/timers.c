#include "engine/timers.h"

#include <stdlib.h>

void fa_timers_fini(struct fa_timers *timers)
{
    free(timers->heap);
    *timers = (struct fa_timers){0};
}

static void put(struct fa_timers *timers, size_t place, struct fa_timer *timer)
{
    timers->heap[place - 1] = timer;
    timer->place = place;
}

static struct fa_timer *at(const struct fa_timers *timers, size_t place)
{
    return timers->heap[place - 1];
}

static void rise(struct fa_timers *timers, struct fa_timer *timer)
{
    size_t place = timer->place;
    while (place > 1 && at(timers, place / 2)->at > timer->at) {
        put(timers, place, at(timers, place / 2));
        place /= 2;
    }
    put(timers, place, timer);
}

static void sink(struct fa_timers *timers, struct fa_timer *timer)
{
    size_t place = timer->place;
    for (;;) {
        size_t child = place * 2;
        if (child > timers->count)
            break;
        if (child < timers->count && at(timers, child + 1)->at < at(timers, child)->at)
            ++child;
        if (at(timers, child)->at >= timer->at)
            break;
        put(timers, place, at(timers, child));
        place = child;
    }
    put(timers, place, timer);
}

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
        put(timers, ++timers->count, timer);
    }
    timer->at = when;
    rise(timers, timer);
    sink(timers, timer);
    return 0;
}

void fa_timers_clear(struct fa_timers *timers, struct fa_timer *timer)
{
    size_t place = timer->place;
    if (place == 0)
        return;
    struct fa_timer *last = at(timers, timers->count--);
    timer->place = 0;
    if (last == timer)
        return;
    put(timers, place, last);
    rise(timers, last);
    sink(timers, last);
}

struct fa_timer *fa_timers_next(const struct fa_timers *timers)
{
    return timers->count ? timers->heap[0] : NULL;
}
