/**
 * What is known of a folder's files across runs: a SQLite database.
 *
 * One record for each name, found by a key of it, with the URL that the name belongs to; never by
 * the number of a line: a list may be reordered, grown or split, and each URL finds its name.  Changes are gathered in one transaction until
 * fa_state_commit().  A record is put after what it claims has happened: a kill at any point loses
 * the newest records, and none of them claims more than the folder holds.
 *
 * The database is in WAL mode (https://sqlite.org/wal.html), or with a rollback journal where the
 * file system has no shared memory.  What failed is kept with its secrets, for another try, and so
 * nobody but its owner may read it; the caller redacts all else.
 *
 * One thread at a time; never across a fork(2).  Errors are of FA_CLASS_LOCAL_IO, with ENOSPC as
 * FA_DOMAIN_SYSTEM code when the disk is full.
 */
#ifndef FA_STATE_STATE_H
#define FA_STATE_STATE_H

#include <fetchall/error.h>
#include <fetchall/event.h>
#include <fetchall/state.h>

#include <stdbool.h>
#include <stdint.h>

struct fa_state;

/** A record.  Strings are borrowed: from the caller when it is put, from the state when it is
 * read, until the next call. */
struct fa_record {
    uint64_t key;   /**< Of its name. */
    uint64_t owner; /**< Key of its URL. */
    enum fa_standing standing;
    const char *url;  /**< Redacted. */
    const char *path; /**< Relative to the folder. */
    const char *text; /**< FAILED: its packed entry (list/packed.h), if that is not just the URL as
                         it stands here; else NULL. */
    int64_t line;     /**< FAILED: in its list. */

    enum fa_class class; /**< FAILED: why. */
    bool replaces;       /**< FAILED: the file of an earlier run stands; size, digest and validator
                            are its.  Else they are those of a part, if strong. */
    bool may_pass;       /**< FAILED: trying again may help. */
    bool secret;         /**< FAILED: its entry holds a secret, and is not to be printed. */
    int http;
    const char *error; /**< FAILED: the message; else NULL. */

    int64_t size;       /**< DONE: of the file; PART: of the whole, as declared; -1: unknown. */
    uint64_t durable;   /**< PART: bytes that a power cut leaves there. */
    uint64_t mirror;    /**< PART: hash of the URL that its bytes came from. */
    const char *etag;   /**< With quotes, as sent; NULL: none. */
    int64_t modified;   /**< Last-Modified, seconds since 1970; -1: none. */
    bool strong;        /**< The validator is one to resume with. */
    const char *coding; /**< Content-Encoding, as struct fa_representation has it; NULL: none. */
    struct fa_digest digest; /**< DONE; .hash 0: none. */
    uint64_t run;            /**< The run that put it; filled in by the state. */
};

/** A run: one use of the folder by one process. */
struct fa_state_run {
    uint64_t id;      /**< 0: there was none. */
    double began;     /**< Seconds since 1970. */
    double ended;     /**< 0: it was killed, or is under way. */
    bool lists_final; /**< Its lists were read to the end. */
    uint64_t entries; /**< Read by it. */
    uint64_t done;    /**< Of them, those that ended in any way but being cancelled. */
    bool same_boot;   /**< The machine has not been started anew since. */
    char mode[16];    /**< The strategy. */
};

enum fa_state_open {
    FA_STATE_WRITE, /**< Make it if it is missing. */
    FA_STATE_READ,  /**< It must be there: FA_DOMAIN_SYSTEM ENOENT if not.  Nothing is written. */
};

/**
 * Open the state of a folder.
 *
 * A file that is no database, or a damaged one, is renamed to FILE.damaged (never deleted), and an
 * empty one takes its place; ret_notice then says so, and is "" otherwise.  One of a newer schema
 * is refused.
 *
 * @file     Its name.  Made with mode 0600.
 * @dir      NULL, or the absolute name of the folder: a state made for another one is refused.
 * @durable  Each commit is on the disk when it returns (PRAGMA synchronous=FULL), else only safe
 *           against the death of the process (NORMAL).
 * @return   What fa_state_close() releases, or NULL.
 */
struct fa_state *fa_state_open(const char *file, const char *dir, enum fa_state_open how,
                               bool durable, char ret_notice[FA_MESSAGE_MAX], struct fa_error *err);

/** Rolls back what is not committed; writes the WAL back.  NULL is fine. */
void fa_state_close(struct fa_state *state);

/** Whether there was no record when it was opened, so that looking for one is of no use. */
bool fa_state_is_fresh(const struct fa_state *state);

/** The last run before this one. */
void fa_state_last_run(const struct fa_state *state, struct fa_state_run *ret);

/** Begin a run. */
int fa_state_begin(struct fa_state *state, const char *mode, struct fa_error *err);

/** How far the run is; written with the next commit.  @ended  The run is over. */
int fa_state_progress(struct fa_state *state, uint64_t entries, uint64_t done, bool lists_final,
                      bool ended, struct fa_error *err);

/** @return 1 and the record; 0: there is none; -1. */
int fa_state_get(struct fa_state *state, uint64_t key, struct fa_record *ret, struct fa_error *err);

/** Put a record in the place of the one with its key. */
int fa_state_put(struct fa_state *state, const struct fa_record *record, struct fa_error *err);

/** Remove a record, if it is there. */
int fa_state_remove(struct fa_state *state, uint64_t key, struct fa_error *err);

/** How many changes are not committed. */
uint64_t fa_state_pending(const struct fa_state *state);

/** Commit.  Without changes it does nothing.  After a failure the changes are still pending, and
 * it may be tried again. */
int fa_state_commit(struct fa_state *state, struct fa_error *err);

/**
 * Go through all records, in the order in which they were first put.
 *
 * @standing  Only those; FA_STANDINGS: all.
 * @each      Returns whether to go on.  Must not change the state.
 */
int fa_state_each(struct fa_state *state, enum fa_standing standing,
                  bool (*each)(void *arg, const struct fa_record *record), void *arg,
                  struct fa_error *err);

#endif
