#ifndef FETCHALL_SUPPORT_VIRTUAL_WORLD_H
#define FETCHALL_SUPPORT_VIRTUAL_WORLD_H

/*
 * A simulated world in virtual time: servers, DNS, a disk and a user, as a script describes them.
 * Sessions run in it on the null strategy, through fa_session_new_with() and the public API only,
 * and never sleep. A trace records everything that happens.
 *
 * A script has one item per line. Empty lines and lines that begin with '#' are ignored.
 *
 *     HOST/PATH REPLY; REPLY; ...    the replies to the requests for a URL; the last one repeats.
 *                                    "https://" may precede it. The path "*" is every other path
 *                                    of the host. Any other URL gets a 404.
 *     down HOST FROM TO KIND         requests that begin between these times get that reply (one
 *                                    word: refused, timeout, 503...)
 *     dns HOST FROM TO fail|missing|mute   lookups fail, find that the name does not exist, or are
 *                                    never answered
 *     at TIME drain|stop             fa_session_stop()
 *     at TIME full|free              the disk has no space, has space again
 *     at TIME feed TEXT              a line for the list that is a pipe
 *     at TIME close                  and its end
 *     at TIME touch out/NAME         somebody makes a file in the folder
 *
 * A reply is a status or the name of a failure, and words:
 *
 *     200 size=N version=V took=S    the file, after S seconds (default 0.01)
 *         rate=N             that many bytes a second over each connection
 *         nolength weak              no Content-Length; a weak entity tag
 *         cut=N stall=N crash=N full=N   fails once N bytes of the file are there
 *         norange                    sends the whole file when asked for the rest of it
 *         refuse                     answers 416 when asked for the rest
 *         deny=STATUS                answers STATUS when asked for the rest
 *         lies                       declares another length for the same version
 *     301 to=URL cookies=TEXT        with the cookies of the chain, which the next request has
 *     401 digest                     with a challenge, unless the request waits for one
 *     408 idle                       on a kept connection, unless the request opens one
 *     503 retry-after=S
 *     refused timeout reset stall crash tls garbage hang files eio
 *
 * The bytes of a file are a function of its version, which is its path where none is given.
 *
 * Every run is checked for these invariants (fa_world_check()): each entry ends exactly once; no
 * limit is exceeded, nor a rate of up to 20 requests per second;
 * no attempt begins before the time of its retry event, during a pause that the host
 * asked for, or after the host was given up; nothing begins after a stop; a file under its final
 * name is complete and of one version; every run ends.
 */

#include "support/scratch.h"

#include <fetchall/session.h>

#include <stdbool.h>
#include <stdint.h>

struct fa_world;

/* One for the process at a time. */
struct fa_world *fa_world_new(const char *script);
void fa_world_free(struct fa_world *world);

/* Replace the script. The clock keeps running. */
void fa_world_script(struct fa_world *world, const char *script);

/* For the sessions to come; the folder and the strategy are the world's. Defaults: no digests, no
 * state, retry_wait 0, 64 jobs, 16 per host, the rest as fa_config_init() says. */
struct fa_config *fa_world_config(struct fa_world *world);

/* Of the random numbers of the sessions to come. */
void fa_world_seed(struct fa_world *world, uint64_t seed);

/* The next session's list, added to what it has. */
void fa_world_list(struct fa_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* It reads a pipe after that; see "feed". */
void fa_world_pipe(struct fa_world *world);
/* And a list of that name. */
void fa_world_list_named(struct fa_world *world, const char *name);
/* And what the state says failed. */
void fa_world_list_failed(struct fa_world *world);

/* A session from its beginning to its end. Fails the test if it does not come to an end. */
enum fa_end fa_world_run(struct fa_world *world);
/* Its session lives on, and the next fa_world_run() runs it again. */
enum fa_end fa_world_run_on(struct fa_world *world);

/* Make a session with its lists, and free it. Return 0, or -1: it was refused. */
int fa_world_open(struct fa_world *world, struct fa_error *err);

/* What went wrong, or NULL. */
const char *fa_world_check(struct fa_world *world);

/* Forget the trace, and count the time from now. */
void fa_world_forget(struct fa_world *world);
/* All of the trace, for a message. */
const char *fa_world_trace(struct fa_world *world);

/*
 * The trace is as expected: line by line. The lines are, in the order in which things happen,
 *
 *     get URL [N-[M]] [whole] [if] [foreign|barred] [digest]   a request: for the rest from byte N on, for all
 *                                           though there is a part, if changed; only with passwords
 *                                           of ~/.netrc for its host, without those;
 *                                           that waits for a challenge
 *     retry URL CLASS wait=S attempt=N
 *     host ORIGIN paused|broken|given-up|back wait=S
 *     done URL STATUS [CLASS] http=N attempts=N size=N bytes=N resumed=N transient=0|1 path=P ...
 *     note TEXT
 *     end complete|stopped|halted|local
 *
 * without "http://" and the port of an origin. An expected line may have fewer words: those without
 * "=" are compared from the first on ("*" is any), the others in any order. "@T" or "@T-U" before
 * it is when, in seconds, 0.05 more or less. "..." skips lines until the next one fits.
 */
void fa_world_expect(struct fa_world *world, const char *expected);

/* How many lines of the trace begin so. */
unsigned fa_world_count(struct fa_world *world, const char *beginning);

/* The path of a file below the folder. */
const char *fa_world_path(struct fa_world *world, const char *name);
/* Seconds since the beginning, or since fa_world_forget(). */
double fa_world_now(const struct fa_world *world);
/* The most requests that were under way at once. */
unsigned fa_world_peak(const struct fa_world *world);
/* The sha256 of a version of a file. */
const char *fa_world_sha256(struct fa_world *world, const char *version, uint64_t size);

#endif
