#ifndef FETCHALL_SUPPORT_HOSTILE_TASKS_H
#define FETCHALL_SUPPORT_HOSTILE_TASKS_H

/*
 * Workers of the CPU stage that were taken over: fa_test_worker has them with FA_TEST_HOSTILE in
 * the environment, which names a lie.
 */

#include <fetchall/pool.h>

extern const struct fa_task_type fa_hostile_tasks[];

/* The lies; ends with NULL. */
extern const char *const fa_hostile_lies[];

#endif
