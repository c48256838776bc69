/*
 * Detects the format of a list from its first bytes, then reads entries through it.  Detection is
 * incremental: from a pipe, bytes may arrive one by one, and a format may ask for more before it
 * decides.
 *
 * An error of the source comes last: the entries that were read before are delivered first.
 * What follows FA_LIST_ERROR is the end.
 */
#include "list/list.h"

#include "list/format.h"
#include "list/lines.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Enough bytes for any format to be recognised. */
#define DETECT_MAX 4096

struct fa_list {
    struct fa_lines lines;
    struct fa_list_options options;
    const struct fa_format *format; /* NULL: not known yet. */
    void *state;                    /* Of the format. */
    double wake_at;
    bool reported; /* The error of the source has been returned. */
};

struct fa_list *fa_list_open_with(const char *name, const struct fa_list_options *options,
                                  struct fa_error *err)
{
    struct fa_list *list = calloc(1, sizeof(*list));
    if (!list) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read the list '%s'", name);
        return NULL;
    }
    list->wake_at = INFINITY;
    if (options)
        list->options = *options;
    if (fa_lines_init(&list->lines, name, FA_LIST_LINE_MAX, err)) {
        free(list);
        return NULL;
    }
    return list;
}

struct fa_list *fa_list_open(const char *name, struct fa_error *err)
{
    return fa_list_open_with(name, NULL, err);
}

void fa_list_free(struct fa_list *list)
{
    if (!list)
        return;
    fa_lines_fini(&list->lines);
    if (list->state && list->format->fini)
        list->format->fini(list->state);
    free(list->state);
    free(list);
}

/* The state of a format is zero at first, so that it needs no function to initialise it. */
static int list_take_format(struct fa_list *list, const struct fa_format *format,
                            struct fa_error *err)
{
    if (format->line_max > FA_LIST_LINE_MAX &&
        fa_lines_set_max(&list->lines, format->line_max, err))
        return -1;
    list->state = format->state_size ? calloc(1, format->state_size) : NULL;
    if (format->state_size && !list->state) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read the list '%s'",
                        fa_list_name(list));
        return -1;
    }
    list->format = format;
    return 0;
}

/* Look at the first bytes, which may arrive one by one.  Fewer bytes than requested are the whole
 * list; after DETECT_MAX no format may ask for more. */
static enum fa_list_what list_detect(struct fa_list *list, double now, struct fa_error *err)
{
    struct fa_format_look look = {.name = fa_list_name(list), .options = &list->options};
    for (size_t least = 1;;) {
        if (fa_lines_peek(&list->lines, least, now, &look.at, &look.len) == FA_SOURCE_AGAIN)
            return FA_LIST_AGAIN;
        look.ended = look.len < least || look.len >= DETECT_MAX;
        const struct fa_format *format = fa_format_detect(list->options.formats, &look);
        if (format)
            return list_take_format(list, format, err) ? FA_LIST_ERROR : FA_LIST_ENTRY;
        least = look.len + 1;
    }
}

/* @return FA_LIST_ENTRY with *ret NULL if memory ran out */
static enum fa_list_what list_next_entry(struct fa_list *list, double now, struct fa_entry **ret,
                                         struct fa_error *err)
{
    enum fa_list_what what = list->format ? FA_LIST_ENTRY : list_detect(list, now, err);
    if (what == FA_LIST_ERROR) {
        *ret = NULL;
        return FA_LIST_ENTRY;
    }
    if (what != FA_LIST_ENTRY)
        return what;
    struct fa_format_reader reader = {
        .lines = &list->lines,
        .state = list->state,
        .options = &list->options,
        .now = now,
        .wake_at = &list->wake_at,
    };
    return list->format->next_record(&reader, ret, err);
}

enum fa_list_what fa_list_next(struct fa_list *list, double now, struct fa_entry **ret,
                               struct fa_error *err)
{
    fa_lines_begin_call(&list->lines);
    list->wake_at = INFINITY;
    enum fa_list_what what = list_next_entry(list, now, ret, err);
    if (what == FA_LIST_AGAIN && !list->lines.waiting)
        list->wake_at = 0; /* The time slice is over, but there is more. */
    if (what != FA_LIST_END || list->lines.ended != FA_SOURCE_ERROR || list->reported)
        return what;
    list->reported = true;
    if (err)
        *err = list->lines.error;
    return FA_LIST_ERROR;
}

/* -1 if there was input when the last call ended: then fa_list_wake_at() tells when to call. */
int fa_list_fd(const struct fa_list *list)
{
    return list->lines.waiting ? fa_source_fd(list->lines.source) : -1;
}

double fa_list_wake_at(const struct fa_list *list)
{
    return list->wake_at;
}

void fa_list_rename(struct fa_list *list, const char *name)
{
    fa_source_rename(list->lines.source, name);
}

const char *fa_list_name(const struct fa_list *list)
{
    return fa_source_name(list->lines.source);
}
