/**
 * What a session tells while it runs.
 *
 * Everything that an event points to is borrowed until the handler returns.  Strings that come
 * from a list or a server may hold any byte but zero: escape them before they reach a terminal.
 * Secrets are "***" already (fetchall/redact.h).
 */
#ifndef FETCHALL_EVENT_H
#define FETCHALL_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include <fetchall/api.h>
#include <fetchall/config.h>
#include <fetchall/error.h>

FA_API_BEGIN

/** How an entry ended. */
enum fa_status {
    FA_STATUS_OK,        /**< Downloaded. */
    FA_STATUS_UNCHANGED, /**< The server says that what is there is current. */
    FA_STATUS_EXISTS,    /**< It was there, complete. */
    FA_STATUS_DUPLICATE, /**< The same URL and name stood in the list before. */
    FA_STATUS_FAILED,
    FA_STATUS_PLANNED, /**< fa_config.plan: this is what would be fetched. */
    FA_STATUSES
};

/** The stable name of a status ("ok"). */
const char *fa_status_name(enum fa_status status);

/** Seconds that the last attempt took, each counted from the start of its step. */
struct fa_times {
    double queue;   /**< From being read to getting its slot. */
    double dns;     /**< The lookup that its origin needed. */
    double connect; /**< TCP. */
    double tls;
    double ttfb;  /**< From the slot to the first byte of the answer. */
    double total; /**< From the slot to the last byte. */
    double hash;  /**< In the CPU stage, waiting included. */
};

#define FA_DIGEST_MAX 64

/** A digest of a file. */
struct fa_digest {
    enum fa_hash hash;
    unsigned char bytes[FA_DIGEST_MAX]; /**< fa_hash_size(hash) of them. */
};

/** The end of one entry. */
struct fa_result {
    const char *list;   /**< The list it stood in, as the user named it. */
    uint64_t line;      /**< Its number there, from 1. */
    const char *url;    /**< As in the list, or the text of a bad line. */
    const char *path;   /**< Relative to the folder; NULL if none. */
    const char *origin; /**< "scheme://host:port"; NULL if the URL is bad. */
    enum fa_status status;
    struct fa_error error; /**< class FA_CLASS_NONE if none. */
    int may_pass;          /**< Failed, but trying again later may help. */
    int http;              /**< The last HTTP status; 0: none. */
    uint64_t bytes;        /**< Body bytes received in all attempts. */
    int64_t size;          /**< The file's; -1: none. */
    uint64_t resumed;      /**< Bytes kept from an earlier attempt or run. */
    const char
        *restarted; /**< Why bytes of an earlier attempt were thrown away; NULL: none were. */
    unsigned attempts;
    const struct fa_digest *digests;
    size_t n_digests;
    const char *effective_url; /**< After redirects; NULL if never asked. */
    const char *ip;            /**< Of the server; NULL: never connected. */
    const char *http_version;  /**< "1.1"; NULL: no answer. */
    enum fa_mode mode;
    struct fa_times time;
};

/** A transfer that is under way. */
struct fa_active {
    const char *url;
    uint64_t bytes; /**< Of the file, with those of a part that it goes on from. */
    int64_t size;   /**< -1: not known. */
    double seconds; /**< Since it got its slot. */
};

/** At most that many transfers are named in a snapshot. */
#define FA_ACTIVE_MAX 8

/** Where the session stands; sent about ten times a second. */
struct fa_progress {
    uint64_t entries;  /**< Read so far. */
    int entries_final; /**< The lists have been read to their end. */
    uint64_t done;     /**< Entries that ended, in any way. */
    uint64_t failed;
    uint64_t bytes;          /**< Body bytes received so far. */
    uint64_t expected;       /**< Bytes of files done and of those under way, as far as declared. */
    unsigned active;         /**< Transfers under way. */
    unsigned waiting;        /**< Jobs that wait for a retry. */
    unsigned hashing;        /**< Jobs in the CPU stage. */
    double seconds;          /**< Since the run began. */
    unsigned down;           /**< Origins that only fail, and that entries wait for. */
    const char *down_origin; /**< The one of them that is waited for longest; NULL: none. */
    double down_left;        /**< Seconds until it is given up. */
    struct fa_active oldest[FA_ACTIVE_MAX]; /**< The transfers that began first. */
    size_t n_oldest;
};

/** What became of an origin as a whole. */
enum fa_host_change {
    FA_HOST_PAUSED,   /**< It asked for a pause (Retry-After, RFC 9110, 10.2.3). */
    FA_HOST_BROKEN,   /**< It only fails, and is waited for: one probe now and then. */
    FA_HOST_GIVEN_UP, /**< The wait was in vain: what waits for it fails at once. */
    FA_HOST_BACK,     /**< It answers again. */
};

enum fa_event_type {
    FA_EVENT_STARTED,  /**< An attempt got its slot: .started. */
    FA_EVENT_RETRY,    /**< An attempt failed and is tried again: .retry. */
    FA_EVENT_HOST,     /**< .host */
    FA_EVENT_DONE,     /**< An entry ended: .done; exactly one for each entry. */
    FA_EVENT_PROGRESS, /**< .progress */
    FA_EVENT_NOTICE,   /**< Something that the user should know: .notice. */
};

/** FA_EVENT_STARTED */
struct fa_event_started {
    const char *list;
    uint64_t line;
    const char *url;  /**< The URL of this attempt: a mirror, or the target of a redirect. */
    unsigned attempt; /**< From 1. */
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

struct fa_event {
    enum fa_event_type type;
    union {
        struct fa_event_started started;
        struct fa_event_retry retry;
        struct fa_event_host host;
        struct fa_result done;
        struct fa_progress progress;
        struct fa_event_notice notice;
    };
};

/** Called on the thread that runs the session.  Must not call the session but to stop it. */
typedef void (*fa_event_handler)(void *ctx, const struct fa_event *event);

FA_API_END

#endif
