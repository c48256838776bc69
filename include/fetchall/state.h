/**
 * What the state of a folder says: what is done, what failed and why, and how the last run went.
 *
 * Nothing is changed, and a run may be under way meanwhile.
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

/** The state of a folder, below it, where fa_config.state names no other. */
#define FA_STATE_FILE ".fetchall/state.db"

/** Where the file of a record stands. */
enum fa_standing {
    FA_STANDING_PART, /**< There is a part that may be resumed. */
    FA_STANDING_DONE, /**< It is under its final name. */
    FA_STANDING_FAILED,
    FA_STANDINGS
};

/** The run that used the folder last. */
struct fa_last_run {
    bool known;       /**< There was one; else all below is zero. */
    double began;     /**< Seconds since 1970. */
    double ended;     /**< 0: it was killed, or is under way. */
    uint64_t entries; /**< Read by it. */
    uint64_t done;    /**< Of them, those that ended in any way. */
    bool lists_final; /**< Its lists were read to their end. */
    char mode[16];    /**< The strategy. */
};

/** One file.  Strings are borrowed until the handler returns. */
struct fa_state_entry {
    const char *url;    /**< Without its secrets (fetchall/redact.h). */
    const char *path;   /**< Relative to the folder. */
    const char *origin; /**< "scheme://host:port"; NULL: the URL is none. */
    enum fa_standing standing;
    bool stands;  /**< DONE, or FAILED while the file of an earlier run stands. */
    int64_t size; /**< DONE: of the file; -1: not known. */

    enum fa_class FA_CLASS_MEMBER; /**< FAILED: why. */
    const char *error;             /**< FAILED: the message, or NULL. */
    bool may_pass;                 /**< FAILED: trying again may help. */
    int http;                      /**< The last HTTP status; 0: none. */
    uint64_t line;                 /**< FAILED: its number in its list. */
    const char *text; /**< FAILED: the entry for a list, giving the file its name; NULL: it
                            holds secrets, which only fa_config.retry_failed takes. */
};

/** What holds for the state as a whole. */
struct fa_state_summary {
    size_t size; /**< Set by the caller: sizeof(struct fa_state_summary). */
    struct fa_last_run run;
    int64_t busy; /**< The process that is at work in the folder; 0: none; -1: it is not known. */
};

/**
 * Read the state of a folder, file by file.
 *
 * @file    The database; NULL: DIR/.fetchall/state.db.
 * @handler Returns whether to go on.
 * @return  0, or -1; then the class is FA_CLASS_REFUSED if there is no state, else
 *          FA_CLASS_LOCAL_IO.
 */
int fa_state_read(const char *dir, const char *file, struct fa_state_summary *ret,
                  bool (*handler)(void *ctx, const struct fa_state_entry *entry), void *ctx,
                  struct fa_error *err);

FA_API_END

#endif
