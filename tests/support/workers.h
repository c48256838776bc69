#ifndef FETCHALL_SUPPORT_WORKERS_H
#define FETCHALL_SUPPORT_WORKERS_H

/* Finding the nursery and the workers of a program that runs. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* As prctl(PR_SET_NAME) sets them. */
#define FA_NAME_NURSERY "fetchall-nurse"
#define FA_NAME_WORKER  "fetchall-worker"

#define FA_WORKERS_MAX 256

/* The processes below PID of that name; at most MAX are written.  Returns how many there are. */
size_t fa_workers_find(pid_t pid, const char *name, pid_t *pids, size_t max);

/* Whether all of the COUNT processes are gone TIMEOUT_S seconds from now. */
bool fa_workers_gone(const pid_t *pids, size_t count, double timeout_s);

/* Whether PID has a child that ended and was not waited for. */
bool fa_workers_zombie(pid_t pid);

#endif
