/*
 * An entry is named as a session names it, but for what depends on a folder: the limits of its file
 * system, and files that exist.  So every program that reads the list gets the same names, and
 * whoever decides between entries with one name needs their hashes only.
 */
#include <fetchall/entries.h>
#include <fetchall/redact.h>

#include "base/clock.h"
#include "base/key.h"
#include "engine/config.h"
#include "engine/identity.h"
#include "engine/name.h"
#include "list/list.h"
#include "list/packed.h"
#include "transfer/url.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    const struct fa_config *config;
    fa_listed_handler handler;
    void *ctx;
    bool stopped;
};

static int entries_no_memory(struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read an entry");
    return -1;
}

uint64_t fa_origin_key(const char *origin)
{
    return fa_key_str(origin);
}

static int listed_name(struct fa_listed *listed, const struct fa_config *config,
                       const struct fa_entry *entry, const struct fa_url *url, const char *range,
                       struct fa_error *err)
{
    const char *part = entry->slice.set ? range : NULL;
    const struct fa_name_source source = {
        .layout = config->layout,
        .host = url->host,
        .path = url->path,
        .out = entry->out,
        .dir = entry->dir,
        .name = config->name,
        .whole = url->whole,
        .hash = fa_identity_name_hash(entry->urls[0], listed->url_key, part, config->match, 0),
        .entry = entry,
        .fan_out = config->fan_out,
    };
    char *path = NULL;
    if (fa_name_build(&source, &path, err))
        return -1;
    for (unsigned n = 0; n < FA_LISTED_NAMES; ++n) {
        listed->paths[n] = path;
        if (n + 1 < FA_LISTED_NAMES &&
            fa_name_alternative(
                listed->paths[n], 0,
                fa_identity_name_hash(entry->urls[0], listed->url_key, part, config->match, n),
                &path))
            return entries_no_memory(err);
    }
    return 0;
}

/* @return 0, also if the entry is invalid; or -1: no memory */
static int listed_fill(struct fa_listed *listed, const struct fa_config *config,
                       const struct fa_entry *entry, struct fa_url *url, struct fa_error *err)
{
    char range[FA_SLICE_MAX];
    if (entry->error.class != FA_CLASS_NONE) {
        listed->error = entry->error;
        return 0;
    }
    fa_slice_print(&entry->slice, range);
    if (fa_url_parse_any(url, entry->urls, entry->n_urls, &listed->error) >= 0) {
        listed->origin = url->origin;
        listed->origin_key = fa_key_str(url->origin);
        listed->url_key =
            entry->slice.set ? fa_key_pair(url->whole, range) : fa_key_str(url->whole);
        if (listed_name(listed, config, entry, url, range, &listed->error) == 0)
            return 0;
    }
    if (listed->error.class != FA_CLASS_LOCAL_IO)
        return 0;
    *err = listed->error;
    return -1;
}

static int reading_pass(struct reading *reading, const char *list, const struct fa_entry *entry,
                        struct fa_error *err)
{
    struct fa_listed listed = {.list = list, .line = entry->line};
    struct fa_buf packed;
    struct fa_url url;
    fa_url_init(&url);
    fa_buf_init(&packed);
    int result = listed_fill(&listed, reading->config, entry, &url, err);
    char *shown = fa_redact_url(entry->urls[0], reading->config->secret_keys);
    if (entry->error.class == FA_CLASS_NONE)
        fa_entry_pack(entry, NULL, &packed);
    fa_buf_put_u8(&packed, 0);
    if (result == 0 && (!shown || packed.failed))
        result = entries_no_memory(err);
    if (result == 0) {
        listed.url = shown;
        listed.packed = (const char *)packed.data;
        reading->stopped = !reading->handler(reading->ctx, &listed);
    }
    for (size_t i = 0; i < FA_LISTED_NAMES; ++i)
        free((char *)listed.paths[i]);
    free(shown);
    fa_buf_fini(&packed);
    fa_url_fini(&url);
    return result;
}

/* A pipe may be silent for hours; the time limit is for entries that silence completes. */
static void list_wait(const struct fa_list *list)
{
    double wait = fmin(fa_list_wake_at(list) - fa_clock_now(), 60);
    struct pollfd readable = {.fd = fa_list_fd(list), .events = POLLIN};
    if (wait > 0)
        poll(&readable, readable.fd >= 0, (int)(wait * 1000) + 1);
}

/* An unreadable list becomes an invalid entry of line 0, as in a session. */
static int reading_list(struct reading *reading, const char *name, struct fa_list *list,
                        struct fa_error *err)
{
    struct fa_entry *entry = NULL;
    struct fa_error why;
    while (!reading->stopped) {
        switch (fa_list_next(list, fa_clock_now(), &entry, &why)) {
        case FA_LIST_AGAIN:
            list_wait(list);
            continue;
        case FA_LIST_END:
            return 0;
        case FA_LIST_ERROR:
            entry = fa_entry_bad(name, 0, name, strlen(name), &why, err);
            break;
        case FA_LIST_ENTRY:
            break;
        }
        int result = entry ? reading_pass(reading, name, entry, err) : entries_no_memory(err);
        fa_entry_free(entry);
        if (result)
            return -1;
    }
    return 0;
}

int fa_entries_read(const struct fa_config *config, const char *const *lists, size_t n,
                    fa_listed_handler handler, void *ctx, struct fa_error *err)
{
    struct fa_config copied;
    struct fa_list_options options;
    struct reading reading = {.config = &copied, .handler = handler, .ctx = ctx};
    if (fa_config_copy(&copied, config, err) || fa_config_check(&copied, err))
        return -1;
    fa_config_list_options(&copied, &options);
    int result = 0;
    for (size_t i = 0; result == 0 && !reading.stopped && i < n; ++i) {
        struct fa_list *list = fa_list_open_with(lists[i], &options, err);
        if (!list && err->code != ENOMEM)
            err->class = FA_CLASS_BAD_URL;
        result = list ? reading_list(&reading, lists[i], list, err) : -1;
        fa_list_free(list);
    }
    return result;
}
