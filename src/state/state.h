/**
 * What is known about the files of a directory across runs: a SQLite database.
 *
 * There is one record per name, found by the hash of the name, and it contains the URL that the
 * name belongs to.  Line numbers are never used as keys: a list may be reordered, extended or
 * split.  Changes are collected until fa_state_commit().  A record is put only after the fact that
 * it states: a crash may lose the latest records, but no record claims more than the directory
 * contains.
 *
 * The database is in WAL mode (https://sqlite.org/wal.html), or has a rollback journal where the
 * file system lacks shared memory.  Failed entries are kept with their secrets, to be retried, so
 * only the owner may read the database; everything else is redacted by the caller.
 *
 * Use from one thread at a time; never across a fork(2).  Errors have FA_CLASS_LOCAL_IO, with
 * ENOSPC as FA_DOMAIN_SYSTEM code if the disk is full.
 */
#ifndef FA_STATE_STATE_H
#define FA_STATE_STATE_H

#include <fetchall/error.h>
#include <fetchall/event.h>
#include <fetchall/state.h>

#include <stdbool.h>
#include <stdint.h>

struct fa_state;

/** The command of --exec, for the file of a record. */
enum fa_hook_standing {
    FA_HOOK_NONE,    /**< It has none. */
    FA_HOOK_PENDING, /**< It has to run, or run again. */
    FA_HOOK_DONE,    /**< It ended well. */
    FA_HOOK_STANDINGS
};

/** A record.  Its strings are borrowed: from the caller when it is put, from the state when it
 * is read, until the next call. */
struct fa_record {
    uint64_t key;   /**< Hash of its name. */
    uint64_t owner; /**< Hash of its URL. */
    enum fa_standing standing;
    const char *url;  /**< Redacted. */
    const char *path; /**< Relative to the folder. */
    const char *text; /**< FAILED: its packed entry (list/packed.h), unless that is just the
                         URL above; else NULL. */
    int64_t line;     /**< FAILED: line number in its list. */

    enum fa_class class; /**< FAILED: class of the error. */
    bool replaces;       /**< FAILED: a file of an earlier run exists, which size, digest and
                              validator describe.  Otherwise they describe a part file, if
                              strong. */
    bool transient;      /**< FAILED: the error is transient. */
    bool tried;          /**< FAILED: it was requested; others come first in the next run. */
    bool secret;         /**< FAILED: the entry contains a secret and must not be printed. */
    bool unverified; /**< DONE, or replaces: nothing vouches for the file, which was there before
                              anything was recorded. */
    int http;
    const char *error; /**< FAILED: the message; else NULL. */

    int64_t size;       /**< DONE: of the file; PART: of the whole file, as declared; -1:
                             unknown. */
    uint64_t durable;   /**< PART: bytes that survive a power failure. */
    uint64_t mirror;    /**< PART: hash of the URL that the bytes came from. */
    const char *etag;   /**< With quotes, as sent; NULL: none. */
    int64_t modified;   /**< Last-Modified, seconds since 1970; -1: none. */
    bool strong;        /**< The validator may be used to resume. */
    const char *coding; /**< Content-Encoding, as struct fa_representation has it; NULL: none. */
    const char *slice;  /**< The range that the file is, as base/slice.h prints it; NULL: all. */
    struct fa_digest digest; /**< DONE; .hash 0: none. */
    uint64_t run;            /**< The run that put it; set by the state. */
    enum fa_hook_standing hook;
    uint64_t archive; /**< DONE: the archive that the file is in; 0: it is a file of its own. */
    uint64_t offset;  /**< Of its first byte in the archive. */
    bool seen;        /**< Read: its file was there a moment ago: see fa_state_read_ahead(). */
    int64_t seen_size;
    bool alias; /**< Its name is a second one of a file: the path is the first one, whose record
                           describes the file.  Else: the path of a file that has a second name is
                           that one, and the key is that of the first. */
};

/** Look at a file.  Called by a thread of the state.  @return whether it is there, and *ret_size */
typedef bool (*fa_state_look)(void *ctx, const char *path, int64_t *ret_size);

/** A run: one use of the directory by one process. */
struct fa_state_run {
    uint64_t id;      /**< 0: none. */
    double began;     /**< Seconds since 1970. */
    double ended;     /**< 0: was killed, or is running. */
    bool lists_final; /**< The lists were read to the end. */
    uint64_t entries; /**< Number of entries read. */
    uint64_t done;    /**< Number of entries completed in any way except cancellation. */
    bool same_boot;   /**< The machine has not been rebooted since. */
    char mode[16];    /**< The strategy. */
};

/** An archive file that downloaded files are appended to. */
struct fa_state_archive {
    uint64_t id;      /**< From 1. */
    const char *name; /**< Relative to the folder.  Borrowed like the strings of a record. */
    uint64_t bytes;   /**< All that records refer to is in that many bytes. */
    uint64_t files;
    bool open; /**< It is still being written, as a part. */
};

/** Limits of origins that are kept, and for how many seconds. */
#define FA_STATE_LIMITS_MAX 1024
#define FA_STATE_LIMITS_AGE (30 * 24 * 3600.0)

/** How many transfers an origin gets at once, as a run has found out. */
struct fa_state_limit {
    uint64_t key; /**< Hash of the origin's name. */
    double at;    /**< When it was found: seconds since 1970. */
    unsigned per_host;
};

enum fa_state_open {
    FA_STATE_WRITE, /**< Create it if missing. */
    FA_STATE_READ,  /**< Must exist: otherwise FA_DOMAIN_SYSTEM, ENOENT.  Nothing is written. */
};

/**
 * Open the state of a directory.
 *
 * A file that is damaged or not a database is renamed to FILE.damaged (never deleted) and replaced
 * by an empty one; then ret_notice has a message, else it is "".  A newer schema is an error.
 *
 * @file     Path of the database.  Created with mode 0600.
 * @dir      NULL, or the absolute path of the directory: a state of another directory is rejected.
 * @durable  A commit returns after the data is on disk (PRAGMA synchronous=FULL); otherwise it
 *           survives only the death of the process (NORMAL).
 * @return   To be released with fa_state_close(), or NULL.
 */
struct fa_state *fa_state_open(const char *file, const char *dir, enum fa_state_open how,
                               bool durable, char ret_notice[FA_MESSAGE_MAX], struct fa_error *err);

/** Discard uncommitted changes, write the WAL back, and close.  NULL is ignored. */
void fa_state_close(struct fa_state *state);

/** Whether there was no record when it was opened, so that lookups are unnecessary. */
bool fa_state_is_fresh(const struct fa_state *state);

/** The previous run. */
void fa_state_last_run(const struct fa_state *state, struct fa_state_run *ret);

/**
 * From now on records are mostly looked up in the order in which they were first put: a thread reads
 * them in advance, until fa_state_close().
 *
 * @look  Called for the paths of complete files; NULL: nothing is.
 */
void fa_state_read_ahead(struct fa_state *state, fa_state_look look, void *ctx);

/** Begin a run.  @began  Seconds since 1970; 0: now. */
int fa_state_begin(struct fa_state *state, const char *mode, double began, struct fa_error *err);

/** Set the progress of the run; written with the next commit.
 *
 * @ended  The run is over. */
int fa_state_progress(struct fa_state *state, uint64_t entries, uint64_t done, bool lists_final,
                      bool ended, struct fa_error *err);

/** @return 1 and the record; 0: there is none; or -1. */
int fa_state_get(struct fa_state *state, uint64_t key, struct fa_record *ret, struct fa_error *err);

/** Insert or replace the record with its key. */
int fa_state_put(struct fa_state *state, const struct fa_record *record, struct fa_error *err);

/** Remove a record, if it exists. */
int fa_state_remove(struct fa_state *state, uint64_t key, struct fa_error *err);

/** Read the limits of origins that are not too old, the latest first.
 *
 * @ret  Room for FA_STATE_LIMITS_MAX.
 * @return how many; or -1. */
int fa_state_limits(struct fa_state *state, struct fa_state_limit *ret, struct fa_error *err);

/** Put limits of origins, n at most FA_STATE_LIMITS_MAX; those with per_host 0 are ignored.  If
 * there are more than FA_STATE_LIMITS_MAX then, the oldest are removed. */
int fa_state_put_limits(struct fa_state *state, const struct fa_state_limit *limits, size_t n,
                        struct fa_error *err);

/** Insert or replace an archive by its ID. */
int fa_state_put_archive(struct fa_state *state, const struct fa_state_archive *archive,
                         struct fa_error *err);

/** Iterate over all committed archives by ID.  @each  Must not use the state. */
int fa_state_each_archive(struct fa_state *state,
                          int (*each)(void *arg, const struct fa_state_archive *archive), void *arg,
                          struct fa_error *err);

/** Number of uncommitted changes. */
uint64_t fa_state_pending(const struct fa_state *state);

/** Commit all changes; without changes, do nothing.  After a failure the changes are still
 * pending, and the commit may be repeated. */
int fa_state_commit(struct fa_state *state, struct fa_error *err);

/** Write the WAL back, which requires disk space: after it, the file alone has all that was
 * committed, and may be renamed once it is closed.  No reader may use it. */
int fa_state_write_back(struct fa_state *state, struct fa_error *err);

/**
 * Iterate over all records, in the order in which they were first put.
 *
 * @standing  Only records with this standing; FA_STANDINGS: all.
 * @each      Returns whether to continue.  Must not change the state.
 */
int fa_state_each(struct fa_state *state, enum fa_standing standing,
                  bool (*each)(void *arg, const struct fa_record *record), void *arg,
                  struct fa_error *err);

#endif
