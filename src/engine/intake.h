/**
 * Where entries come from: the lists, read one after another, and what the program adds itself.
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
    STAILQ_HEAD(, fa_intake_list) lists;  /**< The first is being read. */
    STAILQ_HEAD(, fa_intake_added) added; /**< Entries of the program; they come first. */
    uint64_t n_added;                     /**< So far. */
    struct event *readable;               /**< Of the list that has nothing now. */
    int readable_fd;
    bool waits; /**< The list has nothing now. */
    double wake_at;
};

/** @news  Called when a list that had nothing has something: EV_READ, as event_new(3) does it. */
int fa_intake_init(struct fa_intake *intake, struct event_base *base, event_callback_fn news,
                   void *ctx, struct fa_error *err);
void fa_intake_fini(struct fa_intake *intake);

/**
 * Add a list.
 *
 * @file  What to open.
 * @name  How the user knows it; borrowed until fa_intake_fini().
 */
int fa_intake_add_list(struct fa_intake *intake, const char *file, const char *name,
                       struct fa_error *err);

/** Add an entry of the program.  @entry  Taken, also on failure. */
int fa_intake_add_entry(struct fa_intake *intake, struct fa_entry *entry, struct fa_error *err);

enum fa_intake_what {
    FA_INTAKE_ENTRY,
    FA_INTAKE_NOTHING, /**< Nothing now, or never again: see fa_intake_over(). */
    FA_INTAKE_SKIP,    /**< Nothing in this call; call again. */
    FA_INTAKE_ERROR,   /**< No memory. */
};

/**
 * The next entry.  An error of the list itself is an entry too, a bad one, so that it is reported.
 *
 * @ret  Owned by the caller.
 */
enum fa_intake_what fa_intake_next(struct fa_intake *intake, double now, struct fa_entry **ret,
                                   struct fa_error *err);

/** The list that had nothing may have something now. */
void fa_intake_readable(struct fa_intake *intake);

/** Whether all lists have been read to their ends. */
bool fa_intake_over(const struct fa_intake *intake);

/** When to look at the list again though it is not readable; may be infinite. */
double fa_intake_wake_at(const struct fa_intake *intake);

#endif
