/**
 * The source of entries: the lists, read one after another, and entries that the program adds.
 *
 * Nothing here blocks.  One thread at a time.
 */
#ifndef FA_ENGINE_INTAKE_H
#define FA_ENGINE_INTAKE_H

#include "list/entry.h"
#include "list/list.h"

#include <event2/event.h>
#include <sys/queue.h>

struct fa_intake_list;
struct fa_intake_added;

struct fa_intake {
    struct event_base *base;              /**< Borrowed. */
    STAILQ_HEAD(, fa_intake_list) lists;  /**< The first one is being read. */
    STAILQ_HEAD(, fa_intake_added) added; /**< Entries of the program; they are taken first. */
    uint64_t n_added;                     /**< Number of added entries so far. */
    struct event *readable;               /**< Of the descriptor of the list. */
    int readable_fd;
    bool waits; /**< The list has no entry yet. */
    bool held;  /**< The program will add entries. */
    double wake_at;
};

/** @wake  Called with EV_READ when the descriptor of the list is readable: see event_new(3). */
int fa_intake_init(struct fa_intake *intake, struct event_base *base, event_callback_fn wake,
                   void *ctx, struct fa_error *err);
void fa_intake_fini(struct fa_intake *intake);

/**
 * Add a list.
 *
 * @file     The file or URL to open.
 * @name     The name in messages; borrowed until fa_intake_fini().
 * @options  As for fa_list_open_with(); NULL: the defaults.
 */
int fa_intake_add_list(struct fa_intake *intake, const char *file, const char *name,
                       const struct fa_list_options *options, struct fa_error *err);

/** Add an entry of the program.  @entry  Taken, also on failure. */
int fa_intake_add_entry(struct fa_intake *intake, struct fa_entry *entry, struct fa_error *err);

enum fa_intake_what {
    FA_INTAKE_ENTRY,
    FA_INTAKE_NOTHING, /**< No entry now, or no more at all: see fa_intake_over(). */
    FA_INTAKE_SKIP,    /**< No entry in this call; call again. */
    FA_INTAKE_ERROR,   /**< No memory. */
};

/**
 * The next entry.  An error of the list itself is reported as a bad entry.
 *
 * @ret  Owned by the caller.
 */
enum fa_intake_what fa_intake_next(struct fa_intake *intake, double now, struct fa_entry **ret,
                                   struct fa_error *err);

/** The descriptor of the list is readable. */
void fa_intake_readable(struct fa_intake *intake);

/** Whether there will be no more entries. */
bool fa_intake_over(const struct fa_intake *intake);

/** When to read the list again although it is not readable; may be infinite. */
double fa_intake_wake_at(const struct fa_intake *intake);

#endif
