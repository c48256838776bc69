/**
 * A session: the entries of some lists, downloaded into one folder.
 *
 *     fa_worker_main(argc, argv, NULL);          first in main(), see <fetchall/pool.h>
 *     struct fa_config config;
 *     fa_config_init(&config);
 *     struct fa_session *s = fa_session_new(&config, handler, ctx, &err);
 *     fa_session_add_list(s, "urls.txt", &err);
 *     fa_session_run(s, &err);
 *     fa_session_free(s);
 *
 * A session belongs to the thread that made it, but for fa_session_stop().  The library never
 * prints, never exits, and leaves signals alone: the caller ignores SIGPIPE (and SIGXFSZ, where
 * RLIMIT_FSIZE is set).  Descriptors 0, 1 and 2 must be open, be it to /dev/null.  No pointer may
 * be NULL where that is not said.
 */
#ifndef FETCHALL_SESSION_H
#define FETCHALL_SESSION_H

#include <stdbool.h>

#include <fetchall/api.h>
#include <fetchall/config.h>
#include <fetchall/error.h>
#include <fetchall/event.h>

FA_API_BEGIN

struct fa_session;

/** How a run is asked to stop. */
enum fa_stop {
    FA_STOP_DRAIN = 1, /**< Cancel what is under way and keep its parts, within five seconds. */
    FA_STOP_NOW,       /**< End at once: what is under way gets no FA_EVENT_DONE. */
};

/** How a run ended. */
enum fa_end {
    FA_END_COMPLETE, /**< Every entry ended. */
    FA_END_STOPPED,  /**< fa_session_stop() was called. */
    FA_END_HALTED,   /**< fa_config.halt was reached. */
    FA_END_LOCAL,    /**< Local I/O stopped it; err says how. */
};

/**
 * Make a session.  Starts the nursery of worker processes if the config needs one, so call it
 * before the program has threads.  Its folder is locked until fa_session_free(): another session on
 * it is refused, of this process too.
 *
 * @config  The struct is copied; what it points to is borrowed until fa_session_free().
 * @handler May be NULL.
 * @return  A session to release with fa_session_free(), or NULL.
 */
struct fa_session *fa_session_new(const struct fa_config *config, fa_event_handler handler,
                                  void *ctx, struct fa_error *err);

/** Does not wait for anything.  NULL is fine. */
void fa_session_free(struct fa_session *session);

/** Whether the name of a list is taken for a URL: it begins with a scheme and "://" (RFC 3986). */
bool fa_list_is_url(const char *name);

/**
 * Add a list: a file, "-" for standard input, or a URL, which is a list of one.
 * The lists are read one after another, as slots come free.
 *
 * @name  Borrowed until fa_session_free().
 * @return 0, or -1 if it cannot be opened.
 */
int fa_session_add_list(struct fa_session *session, const char *name, struct fa_error *err);

/**
 * Add what the state says failed, as a list, with the secrets that it needs.  A bad line is not in
 * it, as the state does not keep those.
 *
 * @return 0, or -1; then the class is FA_CLASS_REFUSED if the state knows of no entry at all.
 */
int fa_session_add_failed(struct fa_session *session, struct fa_error *err);

/**
 * Run until every entry has ended, or until it is stopped.
 *
 * After FA_END_COMPLETE lists may be added and it may be run again, as if by a new session in the
 * same folder: the counts begin at 0, and what the runs before have fetched exists.  Connections
 * and what is known of hosts are kept.  After any other end a run is refused (FA_CLASS_REFUSED).
 *
 * @return 0, or -1 with err filled in when FA_END_LOCAL.
 */
int fa_session_run(struct fa_session *session, enum fa_end *ret_end, struct fa_error *err);

/** Ask a run to stop.  Async-signal-safe, callable from any thread. */
void fa_session_stop(struct fa_session *session, enum fa_stop how);

FA_API_END

#endif
