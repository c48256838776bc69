/*
 * A run may write to the state while it is read: SQLite gives the reader a consistent snapshot,
 * and the lock of the folder tells whether the run is still alive.  A state whose last run has no
 * end, and whose lock is free, is that of a killed run.
 *
 * Records contain secrets only in packed entries, and those are not handed out.
 */
#include "engine/inspect.h"

#include <fetchall/redact.h>

#include "base/sized.h"
#include "list/packed.h"
#include "list/text.h"
#include "state/files.h"
#include "transfer/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A missing state is reported as such, with the folder that was looked at. */
struct fa_state *fa_inspect_open(struct fa_store *store, const char *dir, const char *file,
                                 struct fa_error *err)
{
    char notice[FA_MESSAGE_MAX];
    char *folder = file ? fa_folder_path(fa_store_folder(store)) : NULL;
    char *name = file ? strdup(file) : fa_store_state(store);
    struct fa_state *state = NULL;
    struct fa_error why = {0};
    if (!name || (file && !folder))
        fa_error_system(&why, FA_CLASS_LOCAL_IO, name ? errno : ENOMEM,
                        "cannot open the folder '%s'", dir);
    else
        state = fa_state_open(name, folder, FA_STATE_READ, false, notice, &why);
    free(name);
    free(folder);
    if (!state && why.domain == FA_DOMAIN_SYSTEM && why.code == ENOENT)
        fa_error_set(&why, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     file ? "there is no state '%s'" : "no state in '%s'", file ? file : dir);
    if (!state && err)
        *err = why;
    return state;
}

/* A failed entry can have the file of an earlier run. */
bool fa_inspect_has_file(const struct fa_record *record)
{
    return record->standing == FA_STANDING_DONE ||
           (record->standing == FA_STANDING_FAILED && record->replaces);
}

/* Headers are secret as a whole: nobody can tell which of them identify the user. */
bool fa_inspect_is_secret(const struct fa_entry *entry, const char *keys)
{
    bool secret = entry->n_headers > 0;
    for (size_t i = 0; i < entry->n_urls && !secret; ++i) {
        char *redacted = fa_redact_url(entry->urls[i], keys);
        secret = !redacted || strcmp(redacted, entry->urls[i]) != 0;
        free(redacted);
    }
    return secret;
}

/*
 * Write the entry of a failed record as a line of a list; an entry with a secret has none.  States
 * of older versions did not mark all secrets, so the entry itself is checked.
 * @return 0, or -1: no memory
 */
static int record_entry_text(const struct fa_record *record, const char *path, char **ret)
{
    const char *text = record->text ? record->text : record->url;
    *ret = NULL;
    if (record->standing != FA_STANDING_FAILED || record->secret || !text)
        return 0;
    struct fa_entry *entry = fa_entry_unpack("", 0, text, strlen(text), NULL);
    bool secret = entry && fa_inspect_is_secret(entry, NULL);
    *ret = entry && !secret ? fa_text_write(entry, path) : NULL;
    fa_entry_free(entry);
    return *ret || secret ? 0 : -1;
}

struct reading {
    bool (*handler)(void *ctx, const struct fa_state_entry *entry);
    void *ctx;
    bool no_memory;
};

/* URLs are redacted again: an old program may not have known all names of secrets. */
static bool state_read_record(void *arg, const struct fa_record *record)
{
    struct reading *reading = arg;
    struct fa_url url;
    if (record->alias)
        return true;
    char *printed = fa_redact_url(record->url ? record->url : "", NULL);
    struct fa_state_entry entry = {
        .url = printed ? printed : "",
        .path = record->path ? record->path : "",
        .standing = record->standing,
        .has_file = fa_inspect_has_file(record),
        .size = record->standing == FA_STANDING_DONE ? record->size : -1,
        .class = record->class,
        .error = record->error,
        .transient = record->transient,
        .http = record->http,
        .line = (uint64_t)record->line,
        .unverified = record->unverified,
    };
    char *text = NULL;
    reading->no_memory = !printed || record_entry_text(record, entry.path, &text);
    entry.text = text;
    fa_url_init(&url);
    if (fa_url_parse(&url, entry.url, NULL, NULL) == 0)
        entry.origin = url.origin;
    bool more = !reading->no_memory && reading->handler(reading->ctx, &entry);
    fa_url_fini(&url);
    free(text);
    free(printed);
    return more;
}

/* The lock was checked before the state was read; check it again if the state has a run without an
 * end, which may have begun in between. */
static void state_summarize(const struct fa_store *store, const struct fa_state *state,
                            struct fa_state_summary *ret)
{
    struct fa_state_run run;
    fa_state_last_run(state, &run);
    ret->run = (struct fa_last_run){
        .known = run.id != 0,
        .began = run.began,
        .ended = run.ended,
        .entries = run.entries,
        .done = run.done,
        .lists_final = run.lists_final,
    };
    memcpy(ret->run.mode, run.mode, sizeof(ret->run.mode));
    if (ret->busy == 0 && ret->run.known && ret->run.ended == 0)
        ret->busy = fa_store_holder(store);
}

struct fa_shard fa_inspect_shard(const char *file)
{
    struct fa_shard shard = {0};
    size_t home = file ? fa_files_home(file) : 0;
    const char *own = home ? strchr(file + home, '/') : NULL;
    char *name = own ? strndup(own + 1, strcspn(own + 1, "/")) : NULL;
    if (name)
        (void)fa_shard_from_name(name, &shard);
    free(name);
    return shard;
}

/* The smallest struct of a caller that is accepted ends with this field. */
#define FIRST_SIZE offsetof(struct fa_state_summary, busy)

int fa_state_read(const char *dir, const char *file, struct fa_state_summary *ret,
                  bool (*handler)(void *ctx, const struct fa_state_entry *entry), void *ctx,
                  struct fa_error *err)
{
    struct reading reading = {.handler = handler, .ctx = ctx};
    struct fa_state *state = NULL;
    int result = -1;
    struct fa_state_summary summary = {.size = sizeof(summary)};
    if (fa_sized_check(ret, FIRST_SIZE, "fa_state_summary", err))
        return -1;
    fa_sized_put(ret, &summary, sizeof(summary));
    struct fa_shard shard = fa_inspect_shard(file);
    struct fa_store *store = fa_store_new(dir, &shard, true, err);
    if (!store)
        return -1;
    if (!file && fa_store_check_shard(store, &shard, err))
        goto out;
    summary.busy = fa_store_holder(store);
    state = fa_inspect_open(store, dir, file, err);
    if (!state)
        goto out;
    state_summarize(store, state, &summary);
    fa_sized_put(ret, &summary, sizeof(summary));
    result = fa_state_each(state, FA_STANDINGS, state_read_record, &reading, err);
    if (result == 0 && reading.no_memory) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read the state of '%s'", dir);
        result = -1;
    }

out:
    fa_state_close(state);
    fa_store_free(store);
    return result;
}
