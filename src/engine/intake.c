/*
 * A list may be a pipe that another program writes to for hours, so reading it must not block the
 * loop.  While it has no entry, its descriptor is watched by an event; epoll(7) cannot watch
 * regular files, and those are polled.
 */
#include "engine/intake.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Seconds between reads of a descriptor that cannot be watched. */
#define POLL_EVERY 0.1

struct fa_intake_list {
    const char *name; /* Borrowed. */
    struct fa_list *list;
    STAILQ_ENTRY(fa_intake_list) next;
};

/* An entry of the program, which is in no list. */
struct fa_intake_added {
    struct fa_entry *entry;
    STAILQ_ENTRY(fa_intake_added) next;
};

static int intake_no_memory(struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read an entry");
    return -1;
}

int fa_intake_init(struct fa_intake *intake, struct event_base *base, event_callback_fn wake,
                   void *ctx, struct fa_error *err)
{
    *intake = (struct fa_intake){.base = base, .readable_fd = -1};
    STAILQ_INIT(&intake->lists);
    STAILQ_INIT(&intake->added);
    intake->readable = event_new(base, -1, 0, wake, ctx);
    return intake->readable ? 0 : intake_no_memory(err);
}

/* Called at the end of a list: its descriptor and buffers are not kept for the rest of the run. */
static void intake_close_list(struct fa_intake *intake)
{
    struct fa_intake_list *first = STAILQ_FIRST(&intake->lists);
    STAILQ_REMOVE_HEAD(&intake->lists, next);
    fa_list_free(first->list);
    free(first);
}

static struct fa_entry *intake_take_added(struct fa_intake *intake)
{
    struct fa_intake_added *first = STAILQ_FIRST(&intake->added);
    struct fa_entry *entry = first->entry;
    STAILQ_REMOVE_HEAD(&intake->added, next);
    free(first);
    return entry;
}

void fa_intake_fini(struct fa_intake *intake)
{
    if (!intake->base)
        return;
    while (!STAILQ_EMPTY(&intake->lists))
        intake_close_list(intake);
    while (!STAILQ_EMPTY(&intake->added))
        fa_entry_free(intake_take_added(intake));
    if (intake->readable)
        event_free(intake->readable);
}

/* The name of a missing list may be a mistyped URL with a password in it. */
static void intake_hide_password(const char *name, struct fa_error *err)
{
    const char *colon = strchr(name, ':'), *at = strrchr(name, '@');
    if (colon && at && colon < at)
        fa_error_set(err, err->domain, err->code, err->class,
                     "cannot open the list '%.*s***%s': %s (a URL begins with http:// or https://)",
                     (int)(colon + 1 - name), name, at, strerror(err->code));
}

/* A list is opened at once, so that a mistyped name is an error before anything is downloaded. */
int fa_intake_add_list(struct fa_intake *intake, const char *file, const char *name,
                       const struct fa_list_options *options, struct fa_error *err)
{
    struct fa_intake_list *added = calloc(1, sizeof(*added));
    if (!added) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot open the list '%s'", name);
        return -1;
    }
    added->name = name;
    added->list = fa_list_open_with(file, options, err);
    if (!added->list) {
        intake_hide_password(name, err);
        free(added);
        return -1;
    }
    fa_list_rename(added->list, name);
    STAILQ_INSERT_TAIL(&intake->lists, added, next);
    return 0;
}

int fa_intake_add_entry(struct fa_intake *intake, struct fa_entry *entry, struct fa_error *err)
{
    struct fa_intake_added *added = calloc(1, sizeof(*added));
    if (!added) {
        fa_entry_free(entry);
        return intake_no_memory(err);
    }
    added->entry = entry;
    ++intake->n_added;
    STAILQ_INSERT_TAIL(&intake->added, added, next);
    return 0;
}

/* The event is assigned anew for each list only: event_assign(3) is invalid while it is pending. */
static void intake_watch(struct fa_intake *intake, struct fa_list *list, double now)
{
    int fd = fa_list_fd(list);
    intake->waits = true;
    intake->wake_at = fa_list_wake_at(list);
    if (fd >= 0 && fd != intake->readable_fd) {
        event_del(intake->readable);
        event_assign(intake->readable, intake->base, fd, EV_READ,
                     event_get_callback(intake->readable),
                     event_get_callback_arg(intake->readable));
        intake->readable_fd = fd;
    }
    if (fd >= 0 && event_add(intake->readable, NULL))
        intake->wake_at = fmin(intake->wake_at, now + POLL_EVERY);
}

/* NULL: there was no memory for the entry. */
static enum fa_intake_what intake_give(struct fa_entry *entry, struct fa_entry **ret,
                                       struct fa_error *err)
{
    *ret = entry;
    if (entry)
        return FA_INTAKE_ENTRY;
    intake_no_memory(err);
    return FA_INTAKE_ERROR;
}

/* Entries of the program come first: it adds them while a list may be a pipe that never ends. */
enum fa_intake_what fa_intake_next(struct fa_intake *intake, double now, struct fa_entry **ret,
                                   struct fa_error *err)
{
    struct fa_entry *entry = NULL;
    struct fa_error why = {0};
    struct fa_intake_list *first = STAILQ_FIRST(&intake->lists);
    if (!STAILQ_EMPTY(&intake->added))
        return intake_give(intake_take_added(intake), ret, err);
    if (!first || (intake->waits && now < intake->wake_at))
        return FA_INTAKE_NOTHING;
    intake->waits = false;
    switch (fa_list_next(first->list, now, &entry, &why)) {
    case FA_LIST_ENTRY:
        return intake_give(entry, ret, err);
    case FA_LIST_AGAIN:
        intake_watch(intake, first->list, now);
        return FA_INTAKE_NOTHING;
    /* An unreadable list becomes a failed entry of line 0: the other lists are still read, and the
     * report and the exit status show that something is missing. */
    case FA_LIST_ERROR:
        return intake_give(
            fa_entry_bad(first->name, 0, first->name, strlen(first->name), &why, NULL), ret, err);
    case FA_LIST_END:
        intake_close_list(intake);
        return FA_INTAKE_SKIP;
    }
    return FA_INTAKE_NOTHING;
}

/* The next read finds out how much there is; it may be half a line. */
void fa_intake_readable(struct fa_intake *intake)
{
    intake->waits = false;
}

bool fa_intake_over(const struct fa_intake *intake)
{
    return !intake->held && STAILQ_EMPTY(&intake->lists) && STAILQ_EMPTY(&intake->added);
}

double fa_intake_wake_at(const struct fa_intake *intake)
{
    return intake->waits ? intake->wake_at : INFINITY;
}
