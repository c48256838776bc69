#ifndef FETCHALL_SUPPORT_VIRTUAL_PLAY_H
#define FETCHALL_SUPPORT_VIRTUAL_PLAY_H

/* What the tests of the engine have in common: one world for each test. */

#include "support/virtual_world.h"

#include <criterion/criterion.h>

static struct fa_world *world;
static struct fa_config *config;

static inline void end_world(void)
{
    fa_world_free(world);
    world = NULL;
}

/* A world and the list of its first session. */
static inline void begin_world(const char *script, const char *list)
{
    world = fa_world_new(script);
    config = fa_world_config(world);
    fa_world_list(world, "%s", list);
}

#define ENGINE_SUITE(name) TestSuite(name, .fini = end_world, .timeout = 60.0)

/* Run a session: it ends in that way, and the trace of all since the last time is as expected. */
#define EXPECT_RUN(how, ...)                                  \
    do {                                                      \
        enum fa_end got_ = fa_world_run(world);               \
        fa_world_expect(world, __VA_ARGS__);                  \
        cr_assert_eq(got_, how, "%s", fa_world_trace(world)); \
        fa_world_forget(world);                               \
    } while (0)

#endif
