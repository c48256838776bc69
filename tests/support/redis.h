#ifndef FETCHALL_SUPPORT_REDIS_H
#define FETCHALL_SUPPORT_REDIS_H

/*
 * Debian's redis-server on a socket in a scratch, which keeps an append-only file there. It ends
 * with the test. Errors fail the test.
 */

#include "scratch.h"

#include <sys/types.h>

struct fa_redis {
    pid_t pid;
    struct fa_scratch *scratch; /* borrowed */
    const char *const *args;
    char url[512]; /* unix://..., without a query */
};

/* ARGS are further arguments, ended by NULL, or NULL; borrowed until fa_redis_stop(). Returns when
 * it accepts connections. */
void fa_redis_start(struct fa_redis *redis, struct fa_scratch *scratch, const char *const *args);

/* Kill it, as a crash would. */
void fa_redis_stop(struct fa_redis *redis);

/* Start it again, with what its file has. */
void fa_redis_restart(struct fa_redis *redis);

/* Send an inline command, which ends with CR LF, and wait for its answer, whatever it is. */
void fa_redis_command(const struct fa_redis *redis, const char *text);

/* The same for a command whose answer is a number; 0 if there is none. */
long long fa_redis_number(const struct fa_redis *redis, const char *text);

#endif
