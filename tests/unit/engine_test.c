/*
 * The engine in virtual time: scripts of what servers, names, disk and user do, and the order of
 * requests, events and ends that follows. See support/virtual_world.h for the language.
 */

#include "support/virtual_world.h"

#include <criterion/criterion.h>

static struct fa_world *world;

static void end(void)
{
    fa_world_free(world);
    world = NULL;
}

TestSuite(engine, .fini = end, .timeout = 60.0);

Test(engine, a_file_is_fetched_and_gets_its_name)
{
    world = fa_world_new("a/x 200 size=10");
    fa_world_list(world, "http://a/x");
    fa_world_run(world);
    fa_world_expect(world, "@0 get a/x\n"
                           "@0.01 done a/x ok http=200 attempts=1 size=10 bytes=10 path=x\n"
                           "@0.01 end complete\n");
}

Test(engine, a_status_that_is_final_is_not_tried_again)
{
    world = fa_world_new("a/x 404");
    fa_world_list(world, "http://a/x");
    fa_world_run(world);
    fa_world_expect(world, "get a/x\n"
                           "done a/x failed http http=404 attempts=1 transient=0\n"
                           "end complete\n");
}
