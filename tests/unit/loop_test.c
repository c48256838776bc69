#include "base/loop.h"

#include <criterion/criterion.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>

static bool is_full;

static void *get_memory(void *old, size_t size)
{
    return is_full ? NULL : realloc(old, size);
}

static void *get_first_memory(size_t size)
{
    return get_memory(NULL, size);
}

static void on_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
}

Test(loop, timers_start_without_memory)
{
    const struct timeval hour = {.tv_sec = 3600};
    struct event *timers[FA_LOOP_TIMERS];
    event_set_mem_functions(get_first_memory, get_memory, free);
    struct event_base *base = fa_loop_new(NULL);
    cr_assert(base);
    for (size_t i = 0; i < FA_LOOP_TIMERS; ++i)
        timers[i] = evtimer_new(base, on_due, NULL);
    is_full = true;
    for (size_t i = 0; i < FA_LOOP_TIMERS; ++i)
        cr_expect_eq(evtimer_add(timers[i], &hour), 0, "%zu", i);
    is_full = false;
    for (size_t i = 0; i < FA_LOOP_TIMERS; ++i)
        event_free(timers[i]);
    event_base_free(base);
}
