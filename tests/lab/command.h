#ifndef FETCHALL_LAB_COMMAND_H
#define FETCHALL_LAB_COMMAND_H

/* The processes that run in the lab. None outlives it. */

#include <sys/types.h>

/* Before anything is started: orphans of ours become our children. */
void fa_command_prepare(void);

/* Starts ARGV in the namespace NET. It reads INPUT, and gets DEATH_SIGNAL when we die. */
pid_t fa_command_start(char *const *argv, int net, int input, int death_signal);

/* The status of wait(2) as a shell gives it. */
int fa_command_status(int status);

/* Asks PID to end, waits for it a while, then kills it and all else that is left below us. */
void fa_command_end(pid_t pid);

#endif
