/*
 * A volume is named PREFIX-NUMBER and the suffix of its format.  The last one goes on until it is
 * full, in whatever run; the formats are in volume_tar.c and volume_warc.c.
 */
#include "engine/volume_writer.h"

#include "base/io.h"
#include "engine/store_publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VOLUME_NAME 300

static void writer_close_volume(struct fa_volume_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    fa_names_free(w->names);
    w->fd = -1;
    w->names = NULL;
    w->volume = NULL;
}

static const struct fa_volume_format *sink_format(const struct fa_sink *sink, const char *name)
{
    size_t len = strlen(name);
    bool gzip = len > 3 && strcmp(name + len - 3, ".gz") == 0;
    return sink->kind != FA_SINK_WARC ? &fa_volume_tar
           : gzip                     ? &fa_volume_warc_gz
                                      : &fa_volume_warc;
}

/* FILE.warc.gz has the ending of its volumes already. */
int fa_volume_writer_init(struct fa_volume_writer *w, const struct fa_sink *sink,
                          struct fa_error *err)
{
    const char *name = sink->name ? sink->name : "";
    w->format = sink_format(sink, name);
    fa_buf_init(&w->head);
    fa_buf_init(&w->tail);
    w->warc.packer.gzip = w->format == &fa_volume_warc_gz;
    size_t ending = sink->kind == FA_SINK_WARC ? strlen(w->format->suffix) : 0;
    w->prefix = strndup(name, strlen(name) - ending);
    if (w->prefix)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot make the archive '%s'", name);
    return -1;
}

void fa_volume_writer_fini(struct fa_volume_writer *w)
{
    writer_close_volume(w);
    fa_buf_fini(&w->head);
    fa_buf_fini(&w->tail);
    fa_warc_packer_fini(&w->warc.packer);
    fa_warc_hash_fini(&w->warc.hash);
    fa_payloads_fini(&w->warc.payloads);
    free(w->warc.url);
    w->warc.url = NULL;
    free(w->prefix);
    w->prefix = NULL;
}

/* The first one has the name that the user gave, if that was one of a file. */
static void volume_name(const struct fa_volume_writer *w, long long number, char name[VOLUME_NAME])
{
    const char *suffix = w->format->suffix;
    if (number == 0 && w->format->first_plain)
        snprintf(name, VOLUME_NAME, "%s%s", w->prefix, suffix);
    else
        snprintf(name, VOLUME_NAME, "%s-%06lld%s", w->prefix, number, suffix);
}

/* The number of a volume of this prefix; -1: it is none. */
static long long volume_number(const struct fa_volume_writer *w, const char *name)
{
    size_t len = strlen(w->prefix);
    unsigned long long number;
    char end[12] = "", first[VOLUME_NAME];
    volume_name(w, 0, first);
    if (strcmp(name, first) == 0)
        return 0;
    if (strncmp(name, w->prefix, len) != 0 || sscanf(name + len, "-%llu%11s", &number, end) != 2 ||
        strcmp(end, w->format->suffix) != 0)
        return -1;
    return (long long)number;
}

/* The part may be longer than the state knows: a member that was being written when the run was
 * killed is cut off.  A shorter one has lost members, and must not go on. */
static int writer_open(struct fa_volume_writer *w, struct fa_volume *volume, struct fa_error *err)
{
    uint64_t kept = volume->state.bytes;
    w->volume = volume;
    w->fd = fa_store_part_write(w->store, volume->key, false, &kept, err);
    if (w->fd < 0)
        return -1;
    if (kept == volume->state.bytes && fa_store_inode(w->store, w->fd, &w->inode))
        return w->format->open ? w->format->open(w, err) : 0;
    errno = EIO;
    return fa_volume_failed(w, "continue", err);
}

/* A new volume has a number that none has, neither in the state nor in the folder. */
static int writer_open_new(struct fa_volume_writer *w, long long number, struct fa_error *err)
{
    char name[VOLUME_NAME];
    int64_t size;
    do
        volume_name(w, number++, name);
    while (fa_folder_look_again(fa_store_folder(w->store), name, &size, NULL) != FA_THERE_NOTHING);
    struct fa_volume *volume = fa_volumes_add(w->volumes, name);
    if (volume)
        return writer_open(w, volume, err);
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot create '%s'", name);
    return -1;
}

/* The last volume goes on, unless it is complete, or somebody has removed its part.
 * @ret_most  Largest number of a volume; -1: there is none. */
static struct fa_volume *writer_find_open(const struct fa_volume_writer *w, long long *ret_most)
{
    struct fa_volume *last = NULL;
    *ret_most = -1;
    for (size_t i = 0; i < w->volumes->count; ++i) {
        long long number = volume_number(w, w->volumes->items[i]->state.name);
        if (number > *ret_most) {
            *ret_most = number;
            last = w->volumes->items[i];
        }
    }
    if (!last || !last->state.open)
        return NULL;
    return last->state.bytes == 0 || fa_volume_has_part(last, w->store) ? last : NULL;
}

static int writer_open_volume(struct fa_volume_writer *w, struct fa_error *err)
{
    long long most;
    struct fa_volume *open = writer_find_open(w, &most);
    int result = open ? writer_open(w, open, err) : writer_open_new(w, most + 1, err);
    if (result)
        writer_close_volume(w);
    return result;
}

int fa_volume_writer_begin(struct fa_volume_writer *w, const struct fa_job *job,
                           struct fa_error *err)
{
    w->job = job;
    if (!w->volume && writer_open_volume(w, err))
        return -1;
    w->end = w->volume->state.bytes;
    w->copied = 0;
    return w->format->begin(w, err);
}

int fa_volume_writer_copy(struct fa_volume_writer *w, int source, uint64_t most,
                          struct fa_error *err)
{
    return w->format->copy(w, source, most, err);
}

/* In memory, the volume is longer from now on; the state learns it with the record of the file. */
int fa_volume_writer_finish(struct fa_volume_writer *w, struct fa_member *ret, struct fa_error *err)
{
    struct fa_state_archive *archive = &w->volume->state;
    if (w->format->finish(w, ret, err))
        return -1;
    if (w->config->fsync == FA_FSYNC_EACH && fdatasync(w->fd))
        return fa_volume_failed(w, "write", err);
    archive->bytes = w->end;
    ++archive->files;
    w->volume->size = (int64_t)archive->bytes;
    return 0;
}

/* If this fails, the next member overwrites the bytes, and closing cuts off what is left. */
void fa_volume_writer_cancel(struct fa_volume_writer *w)
{
    if (w->fd >= 0)
        (void)!ftruncate(w->fd, (off_t)w->volume->state.bytes);
}

/* The end is synced before the rename: a file under its final name is complete.  A volume without
 * members leaves no file. */
int fa_volume_writer_close(struct fa_volume_writer *w, const struct fa_volume **ret,
                           struct fa_error *err)
{
    static const char zeros[FA_VOLUME_ZEROS];
    struct fa_volume *volume = w->volume;
    *ret = volume && volume->state.files > 0 ? volume : NULL;
    if (!*ret) {
        if (volume)
            fa_store_part_remove(w->store, volume->key);
        writer_close_volume(w);
        return 0;
    }
    uint64_t end = volume->state.bytes;
    if (ftruncate(w->fd, (off_t)end) || fa_io_pwrite(w->fd, zeros, w->format->zeros, end) ||
        (w->config->fsync != FA_FSYNC_NONE && fdatasync(w->fd)))
        return fa_volume_failed(w, "write", err);
    if (fa_store_publish(w->store, volume->key, &w->inode, volume->state.name, false, err))
        return -1;
    volume->state.open = false;
    writer_close_volume(w);
    return 0;
}

int fa_volume_writer_reopen(struct fa_volume_writer *w, struct fa_error *err)
{
    long long most;
    struct fa_volume *open = w->volume ? NULL : writer_find_open(w, &most);
    return open && open->state.files > 0 ? writer_open(w, open, err) : 0;
}
