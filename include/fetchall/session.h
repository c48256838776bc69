/**
 * A session downloads the entries of some lists into one folder.
 *
 *     fa_worker_main(argc, argv, NULL);          first in main(): see fetchall/pool.h
 *     struct fa_config config;
 *     fa_config_init(&config);
 *     enum fa_end how;
 *     struct fa_session *s = fa_session_new(&config, handler, ctx, &err);
 *     fa_session_add_list(s, "urls.txt", &err);
 *     fa_session_run(s, &how, &err);
 *     fa_session_free(s);
 *
 * Only the thread that created a session may use it, except for fa_session_stop().  The library
 * never prints, never exits, and does not change signal handlers: the caller ignores SIGPIPE (and
 * SIGXFSZ if RLIMIT_FSIZE is set).  Descriptors 0, 1 and 2 must be open, for example to /dev/null.
 * Pointers must not be NULL unless a comment allows it.
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
struct event_base;

/** How to stop a run. */
enum fa_stop {
    FA_STOP_DRAIN = 1, /**< Cancel active transfers and keep their parts, within 5 seconds. */
    FA_STOP_NOW,       /**< End at once: active entries get no FA_EVENT_DONE. */
};

/** How a run ended. */
enum fa_end {
    FA_END_COMPLETE, /**< Every entry ended. */
    FA_END_STOPPED,  /**< fa_session_stop() was called. */
    FA_END_HALTED,   /**< fa_config.halt was reached. */
    FA_END_LOCAL,    /**< Local I/O failed, such as on a full disk; err says why. */
};

/**
 * Create a session.  Starts the nursery of worker processes if the config needs one, so call it
 * before the program creates threads.  Locks the folder until fa_session_free(): another session
 * for it fails, also in the same process.
 *
 * @config  The struct is copied; what it points to is borrowed until fa_session_free().
 * @handler May be NULL.
 * @ctx     Passed to the handler.
 * @return  A session to release with fa_session_free(), or NULL: with FA_CLASS_REFUSED if the
 *          config is invalid or asks for what this system does not have, FA_CLASS_TLS if cacert
 *          cannot be read, and FA_CLASS_LOCAL_IO otherwise (a locked folder is EWOULDBLOCK).
 */
struct fa_session *fa_session_new(const struct fa_config *config, fa_event_handler handler,
                                  void *ctx, struct fa_error *err);

/** Release a session, without waiting: active transfers are dropped.  NULL is allowed. */
void fa_session_free(struct fa_session *session);

/** Whether the name of a list is a URL: it begins with a scheme and "://" (RFC 3986). */
bool fa_list_is_url(const char *name);

/**
 * Add a list: a file, "-" for standard input, or a URL, which is a list of one entry.
 * The lists are read one after another while they are downloaded, not in advance.
 *
 * @name  Borrowed until fa_session_free().
 * @return 0, or -1 if it cannot be opened.
 */
int fa_session_add_list(struct fa_session *session, const char *name, struct fa_error *err);

/**
 * Add one entry that is in no list.  Such entries are downloaded before those of the lists.  Can
 * also be called from the handler, to add the next entry when one has ended: all that were added
 * and not read yet are kept in memory.
 *
 * @url      Copied.
 * @options  "name=value" strings as in a list (fetchall(1), LIST FORMAT), ended by NULL: out, dir,
 *           checksum, size, header.  Copied.  NULL: none.
 * @tag      Returned in fa_result.tag.  May be NULL.
 * @return 0, or -1: FA_CLASS_BAD_URL if an option is malformed or unknown or the URL has TABs or
 *         control characters, FA_CLASS_LOCAL_IO without memory.  A URL that cannot be requested
 *         for another reason ends as a failed entry.
 */
int fa_session_add_entry(struct fa_session *session, const char *url, const char *const *options,
                         void *tag, struct fa_error *err);

/**
 * Add one entry of fa_entries_read() (fetchall/entries.h), like fa_session_add_entry().
 *
 * @packed  fa_listed.packed.  Copied.  A malformed one ends as a failed entry.
 * @path    The path of its file, relative to the folder; NULL: as the entry and the config say.
 *          Copied.
 * @line    fa_result.line.
 * @return  0, or -1 with FA_CLASS_LOCAL_IO: no memory.
 */
int fa_session_add_packed(struct fa_session *session, const char *packed, const char *path,
                          uint64_t line, void *tag, struct fa_error *err);

/**
 * Whether a run goes on although every entry has ended, because the program will add others from
 * the handler or from an event of its own.  At first, it does not.
 */
void fa_session_hold(struct fa_session *session, bool hold);

/**
 * The loop of the session (libevent), for events of the program: their callbacks are called during
 * fa_session_run(), on its thread, and may call what the handler may call.  Borrowed until
 * fa_session_free(); remove the events before that.
 */
struct event_base *fa_session_loop(struct fa_session *session);

/** What a session knows about an origin, for another session that takes it over. */
struct fa_origin_note {
    size_t size;       /**< Set by the caller: sizeof(struct fa_origin_note). */
    double not_before; /**< No request before that time, seconds since 1970; 0: any time. */
    bool down;         /**< not_before is the next probe of an origin that only fails. */
    unsigned limit;    /**< Transfers at once that were found to be best; 0: unknown. */
};

/**
 * Tell the session what another one knows about an origin, before its entries are added.  Of an
 * origin that this session already requests, only a pause counts, if it is longer than its own.
 *
 * @origin  "scheme://host:port", as in fa_result.origin.
 * @return  0, or -1 with FA_CLASS_BAD_URL, or with FA_CLASS_LOCAL_IO: no memory.
 */
int fa_session_put_origin(struct fa_session *session, const char *origin,
                          const struct fa_origin_note *note, struct fa_error *err);

/** What the session knows about an origin: @ret is all zero but for its size if it is unknown. */
void fa_session_get_origin(struct fa_session *session, const char *origin,
                           struct fa_origin_note *ret);

/** A share of the limits of some origins: `n` of `of` equal parts. */
struct fa_share {
    unsigned n;
    unsigned of; /**< 0: the whole. */
};

/**
 * Share the limits of origins with other sessions that request from the same ones at this time:
 * this session then uses its share of per_host and host_rate, but at least one transfer at once.
 * Replaces all shares; at first, there are none.
 *
 * @shares  Copied.  The share of an origin is shares[h], h being the lower 32 bits of its
 *          fa_origin_key() modulo parts.
 * @parts   At least 1.
 * @return  0, or -1 with FA_CLASS_LOCAL_IO: no memory.
 */
int fa_session_put_shares(struct fa_session *session, const struct fa_share *shares, unsigned parts,
                          struct fa_error *err);

/** Whether no origin of a part has more transfers than its share: after a share became smaller,
 * some may have to end first. */
bool fa_session_keeps_share(const struct fa_session *session, unsigned part);

/**
 * Add the entries that the state records as failed, as one list, including their secrets.
 * Malformed lines are not recorded.
 *
 * @return 0, or -1 with FA_CLASS_REFUSED if the state has no entries, and with another class if it
 *         cannot be read.
 */
int fa_session_add_failed(struct fa_session *session, struct fa_error *err);

/**
 * Run until every entry has ended, or until the run is stopped.  Calls the handler.
 *
 * After FA_END_COMPLETE, lists can be added and the session can run again, as a new session in the
 * same folder would: counts begin at 0, and files of earlier runs exist.  Connections and what is
 * known about hosts are kept.  After any other end another run is refused (FA_CLASS_REFUSED), and
 * so is one by the handler.
 *
 * @return 0, or -1 with FA_CLASS_REFUSED, and with FA_CLASS_LOCAL_IO after FA_END_LOCAL.
 */
int fa_session_run(struct fa_session *session, enum fa_end *ret_end, struct fa_error *err);

/** Ask a run to stop.  Async-signal-safe, and can be called from any thread. */
void fa_session_stop(struct fa_session *session, enum fa_stop how);

FA_API_END

#endif
