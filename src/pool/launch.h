/**
 * Starts this program again as a helper process that fa_worker_main() recognizes: a nursery, or a
 * keeper.
 *
 * The helper has no memory, no thread and no descriptor of its parent but 0 to 2 and one socket, so
 * it can be started by a process with threads.
 */
#ifndef FA_POOL_LAUNCH_H
#define FA_POOL_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

/** The helper's end of its socket. */
#define FA_LAUNCH_FD 3

/**
 * Start a helper.
 *
 * @program   The program to execute; NULL: the running program.
 * @name      argv[0] of the helper.
 * @variable  The environment variable that tells the helper what it is.
 * @sock      Becomes FA_LAUNCH_FD; remains the caller's.
 * @return 0, or an errno.
 */
int fa_launch(const char *program, const char *name, const char *variable, int sock,
              pid_t *ret_pid);

/** What to do if a helper could not be started: "; " and a text, or "".  @code as of fa_launch() */
const char *fa_launch_advice(int code);

/** Whether this process was started with that variable, and fa_launch_accept() was not called. */
bool fa_launch_is_due(const char *variable);

/** Remove the variable, so that no program that is executed from here takes itself for a helper. */
void fa_launch_accept(const char *variable);

/** Wait for a helper whose socket is closed; kill it after that many milliseconds. */
void fa_launch_await_end(pid_t pid, int milliseconds);

#endif
