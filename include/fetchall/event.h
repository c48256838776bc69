/**
 * Events: what a session reports to its handler while it runs.
 *
 * Everything that an event points to is valid until the handler returns.  Strings from a list or a
 * server may contain any byte but zero: escape them before printing them on a terminal.  Secrets
 * are redacted (fetchall/redact.h).  Times are in seconds, sizes in bytes.  A later library may add
 * fields to the end of a struct, and types of events, which a handler ignores.
 */
#ifndef FETCHALL_EVENT_H
#define FETCHALL_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/api.h>
#include <fetchall/config.h>
#include <fetchall/error.h>

FA_API_BEGIN

/** How an entry ended. */
enum fa_status {
    FA_STATUS_OK,        /**< Downloaded. */
    FA_STATUS_UNCHANGED, /**< The server says that the existing file is current. */
    FA_STATUS_EXISTS,    /**< The file existed, complete. */
    FA_STATUS_DUPLICATE, /**< An earlier entry has the same URL and file name. */
    FA_STATUS_FAILED,
    FA_STATUS_PLANNED, /**< fa_config.plan: it would be downloaded. */
    FA_STATUSES        /**< How many there are in this version. */
};

/** The stable name of a status ("ok").  Can be called from any thread. */
const char *fa_status_name(enum fa_status status);

/** A status in the words of a summary, after a number ("there already"). */
const char *fa_status_words(enum fa_status status);

/** Whether the file of an entry with this status is complete under its final name. */
bool fa_status_has_file(enum fa_status status);

/** Whether an entry with this status failed. */
bool fa_status_is_failure(enum fa_status status);

/** Durations of the last attempt, in seconds.  0: the step did not take place. */
struct fa_times {
    double queue;   /**< From reading the entry to the start of the attempt. */
    double dns;     /**< Name lookup of its origin. */
    double connect; /**< TCP handshake. */
    double tls;     /**< TLS handshake. */
    double ttfb;    /**< From the start of the attempt to the first byte of the answer. */
    double total;   /**< From the start of the attempt to the last byte. */
    double hash;    /**< Computing the digests, including waiting for a worker. */
};

/** The size of the largest digest in bytes. */
#define FA_DIGEST_MAX 64

/** A digest of a file. */
struct fa_digest {
    enum fa_hash hash;
    unsigned char bytes[FA_DIGEST_MAX]; /**< fa_hash_size(hash) of them. */
};

/** A column of a list that is not a part of the entry. */
struct fa_list_column {
    const char *name;
    const char *value; /**< UTF-8; longer values than 4096 bytes are cut. */
};

/** What the caches on the way say about a response. */
enum fa_cache {
    FA_CACHE_UNKNOWN, /**< Nothing. */
    FA_CACHE_MISS,    /**< It came from the server behind them. */
    FA_CACHE_HIT,     /**< It came from a cache. */
    FA_CACHES
};

/** What the kernel knows of the connections of an entry, which may be those to a proxy (TCP_INFO,
 * tcp(7)).  It is asked 20 times a second at most.  All zero: there was none. */
struct fa_tcp {
    double rtt;           /**< The smoothed round-trip time of the last one, in seconds. */
    uint64_t retransmits; /**< Segments that were sent again. */
    uint64_t reordered;   /**< Segments that arrived out of order, as after a loss. */
};

/** How one entry ended. */
struct fa_result {
    const char *list;   /**< Its list, as passed to fa_session_add_list(). */
    uint64_t line;      /**< Its line in that list, from 1. */
    const char *url;    /**< As in the list, or the text of a malformed line. */
    const char *path;   /**< Of its file, relative to the folder; NULL: none. */
    const char *origin; /**< "scheme://host:port"; NULL: the URL is invalid. */
    enum fa_status status;
    struct fa_error error; /**< Its class is FA_CLASS_NONE if there is none. */
    bool transient;        /**< The error is transient: a later run may succeed. */
    int http;              /**< The last HTTP status (RFC 9110, 15); 0: none. */
    uint64_t bytes;        /**< Body bytes received in all attempts. */
    int64_t size;          /**< Of the file; -1: there is none. */
    uint64_t resumed;      /**< Bytes kept from an earlier attempt or run. */
    const char
        *restarted; /**< Why the part of an earlier attempt was discarded; NULL: it was not. */
    unsigned attempts;
    const struct fa_digest *digests;
    size_t n_digests;
    const char *effective_url; /**< After redirects; NULL: no request was sent. */
    const char *ip;            /**< Address of the server; NULL: no connection. */
    const char *http_version;  /**< "1.1"; NULL: no answer. */
    enum fa_mode mode;
    struct fa_times time;
    void *tag; /**< As passed to fa_session_add_entry(); NULL for an entry of a list. */
    const char
        *encoding;   /**< Content-Encoding, in which the file is stored ("gzip"); NULL: none. */
    bool unverified; /**< FA_STATUS_EXISTS: neither the state nor a checksum knows the file. */
    const struct fa_list_column *columns; /**< Of the entry, n_columns of them, redacted: see
                                             fa_config.keep_columns. */
    size_t n_columns;
    const char *archive; /**< The archive that has the file, relative to the folder: see
                            fa_config.output; NULL: none. */
    enum fa_cache cache; /**< Of the last response. */
    uint64_t age;        /**< Its Age: seconds in caches; 0: fresh, or not given. */
    struct fa_tcp tcp;   /**< Its counts are those of all attempts. */
};

/** An active transfer. */
struct fa_active {
    const char *url;
    uint64_t bytes; /**< Of the file so far, including a part that it resumed. */
    int64_t size;   /**< -1: unknown. */
    double seconds; /**< Since the attempt started. */
};

/** The maximum of fa_progress.n_oldest. */
#define FA_ACTIVE_MAX 8

/** The progress of the session; sent about ten times per second. */
struct fa_progress {
    uint64_t entries;  /**< Entries read so far. */
    int entries_final; /**< The lists were read to their end. */
    uint64_t done;     /**< Entries that ended, in any way. */
    uint64_t failed;
    uint64_t bytes;          /**< Body bytes received so far. */
    uint64_t expected;       /**< Sizes of finished and active transfers, as far as known. */
    unsigned active;         /**< Active transfers. */
    unsigned waiting;        /**< Entries that wait for their next attempt. */
    unsigned hashing;        /**< Entries whose digests are being computed. */
    double seconds;          /**< Since the run started. */
    unsigned down;           /**< Origins that are FA_HOST_BROKEN and have entries. */
    const char *down_origin; /**< The one that has the most time left; NULL: none. */
    double down_left;        /**< Seconds until its entries fail. */
    struct fa_active oldest[FA_ACTIVE_MAX]; /**< The oldest active transfers. */
    size_t n_oldest;
    unsigned paused;           /**< Origins that asked for a pause, and have entries. */
    const char *paused_origin; /**< The one that pauses longest; NULL: none. */
    double paused_left;        /**< Seconds until it is requested again. */
    double loop_delay; /**< How late the event loops of the mode async were since the previous
                                  event, at most, in seconds. */
};

/** A change of an origin as a whole. */
enum fa_host_change {
    FA_HOST_PAUSED,   /**< It requested a pause (Retry-After, RFC 9110, 10.2.3). */
    FA_HOST_BROKEN,   /**< It only fails: its entries wait while it is probed. */
    FA_HOST_GIVEN_UP, /**< It failed for fa_config.host_wait: its entries fail. */
    FA_HOST_BACK,     /**< It answered again. */
};

enum fa_event_type {
    FA_EVENT_STARTED,  /**< An attempt starts: .started. */
    FA_EVENT_RETRY,    /**< An attempt failed, and another one follows: .retry. */
    FA_EVENT_HOST,     /**< An origin changed: .host. */
    FA_EVENT_DONE,     /**< An entry ended: .done; exactly one for each entry. */
    FA_EVENT_PROGRESS, /**< .progress. */
    FA_EVENT_NOTICE,   /**< A message for the user: .notice. */
    FA_EVENT_SAVED,    /**< All entries that have ended so far are recorded in the state. */
    FA_EVENT_OUTPUT,   /**< The command of fa_config.exec printed a line: .output. */
};

/** FA_EVENT_STARTED */
struct fa_event_started {
    const char *list;
    uint64_t line;
    const char *url;  /**< The URL of this attempt: a mirror, or the target of a redirect. */
    unsigned attempt; /**< From 1. */
    void *tag;        /**< As passed to fa_session_add_entry(); NULL for an entry of a list. */
};

/** FA_EVENT_RETRY */
struct fa_event_retry {
    const char *list;
    uint64_t line;
    const char *url;
    unsigned attempt;
    double wait; /**< Seconds until the next attempt, at least. */
    const struct fa_error *error;
};

/** FA_EVENT_HOST */
struct fa_event_host {
    const char *origin;
    enum fa_host_change change;
    double wait;      /**< Seconds until the next request to it. */
    double left;      /**< FA_HOST_BROKEN: seconds until its entries fail. */
    uint64_t entries; /**< Entries that wait for it, of those read so far. */
    const struct fa_error *error;
    bool again; /**< FA_HOST_BROKEN: it was broken before. */
};

/** FA_EVENT_NOTICE */
struct fa_event_notice {
    const char *list; /**< NULL: not about a line. */
    uint64_t line;
    const char *text;
    bool detail; /**< Only for verbose output. */
};

/** FA_EVENT_OUTPUT */
struct fa_event_output {
    const char *list;
    uint64_t line;
    const char *path; /**< Of the file, relative to the folder. */
    const char *text; /**< The line, at most 1000 bytes of it.  Nothing in it is redacted. */
};

/** One event; type says which member of the union is valid. */
struct fa_event {
    enum fa_event_type type;
    union {
        struct fa_event_started started;
        struct fa_event_retry retry;
        struct fa_event_host host;
        struct fa_result done;
        struct fa_progress progress;
        struct fa_event_notice notice;
        struct fa_event_output output;
    };
};

/** Called on the thread that runs the session, of which it may call only
 * fa_session_stop(), fa_session_add_entry(), fa_session_add_packed(), fa_session_hold(),
 * fa_session_put_origin(), fa_session_get_origin(), fa_session_put_shares() and
 * fa_session_keeps_share(). */
typedef void (*fa_event_handler)(void *ctx, const struct fa_event *event);

FA_API_END

#endif
