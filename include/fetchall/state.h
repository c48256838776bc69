/**
 * Read the state of a folder: what is done, what failed and why, and how the last run ended.
 *
 * The state is not changed.  A session may use the folder at the same time.
 */
#ifndef FETCHALL_STATE_H
#define FETCHALL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/api.h>
#include <fetchall/error.h>
#include <fetchall/event.h>

FA_API_BEGIN

/** The default for fa_config.state, relative to the folder. */
#define FA_STATE_FILE ".fetchall/state.db"

/** The state of a file. */
enum fa_standing {
    FA_STANDING_PART,   /**< A part file exists, which may be resumed. */
    FA_STANDING_DONE,   /**< Complete, under its final name. */
    FA_STANDING_FAILED, /**< Not downloaded; a file of an earlier run may exist. */
    FA_STANDINGS
};

/** The last run that used the folder. */
struct fa_last_run {
    bool known;       /**< There was one; otherwise the other fields are zero. */
    double began;     /**< In seconds since 1970 (UTC). */
    double ended;     /**< 0: it was killed, or is still running. */
    uint64_t entries; /**< Entries that it read. */
    uint64_t done;    /**< How many of them ended, in any way. */
    bool lists_final; /**< It read its lists to their end. */
    char mode[16];    /**< The name of its strategy. */
};

/** One file.  Valid until the handler returns. */
struct fa_state_entry {
    const char *url;    /**< Redacted (fetchall/redact.h). */
    const char *path;   /**< Relative to the folder. */
    const char *origin; /**< "scheme://host:port"; NULL: the URL is invalid. */
    enum fa_standing standing;
    bool has_file; /**< A complete file exists: DONE, or FAILED after an earlier success. */
    int64_t size;  /**< DONE: of the file, in bytes; -1: unknown. */

    enum fa_class FA_CLASS_MEMBER; /**< FAILED: the class of the error. */
    const char *error;             /**< FAILED: the message; NULL: none. */
    bool transient;                /**< FAILED: the error is transient. */
    int http;                      /**< The last HTTP status; 0: none. */
    uint64_t line;                 /**< FAILED: the line number in its list. */
    const char *text; /**< FAILED: the entry as lines of a list, with the name of its file;
                            NULL: it has secrets, and only fa_config.retry_failed can use it. */
    bool unverified;  /**< DONE: the file was there before fetchall was, and nothing vouches for it:
                            see fa_result.unverified. */
};

/** The state as a whole. */
struct fa_state_summary {
    size_t size; /**< Set by the caller: sizeof(struct fa_state_summary). */
    struct fa_last_run run;
    int64_t busy; /**< The id of a process that runs a session in the folder; 0: none; -1:
                     unknown. */
};

/**
 * Read the state of a folder, file by file.  Can be called from any thread.
 *
 * @file    The database; NULL: DIR/.fetchall/state.db.
 * @ret     Filled in before the first call of the handler.
 * @handler Called for each file on the calling thread; returns whether to continue.
 * @return  0, also if the handler stopped it; or -1 with FA_CLASS_REFUSED if there is no state, and
 *          with FA_CLASS_LOCAL_IO otherwise.
 */
int fa_state_read(const char *dir, const char *file, struct fa_state_summary *ret,
                  bool (*handler)(void *ctx, const struct fa_state_entry *entry), void *ctx,
                  struct fa_error *err);

FA_API_END

#endif
