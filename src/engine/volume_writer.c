/*
 * A member of a tar archive is the file, and a file KEY.json with what is known of it: WebDataset
 * takes neighbours with the same name up to the first dot for one sample.  If the volume has that
 * name already, it is NAME.json.  A name is in a volume at most once, as readers would take the
 * last of two: if both are taken, or that of the file is, the next volume begins.
 *
 * Names of an open volume of an earlier run are read back from its headers.
 */
#include "engine/volume_writer.h"

#include <fetchall/redact.h>

#include "archive/metadata.h"
#include "archive/tar.h"
#include "base/io.h"
#include "base/key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHUNK (128 << 10)

static void writer_close_volume(struct fa_volume_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    fa_names_free(w->names);
    w->fd = -1;
    w->names = NULL;
    w->volume = NULL;
}

void fa_volume_writer_init(struct fa_volume_writer *w)
{
    w->fd = -1;
    fa_buf_init(&w->head);
    fa_buf_init(&w->tail);
}

void fa_volume_writer_fini(struct fa_volume_writer *w)
{
    writer_close_volume(w);
    fa_buf_fini(&w->head);
    fa_buf_fini(&w->tail);
}

static int writer_failed(struct fa_error *err, const char *what, const char *name)
{
    int code = errno;
    fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot %s '%s'", what, name);
    return -1;
}

/* The number of a volume of this prefix; -1: it is none. */
static long long volume_number(const struct fa_volume_writer *w, const char *name)
{
    size_t len = strlen(w->prefix);
    unsigned long long number;
    char end[8] = "";
    if (strncmp(name, w->prefix, len) != 0 || sscanf(name + len, "-%llu%7s", &number, end) != 2 ||
        strcmp(end, ".tar") != 0)
        return -1;
    return (long long)number;
}

/* The names that the members of an earlier run have. */
static int writer_read_names(struct fa_volume_writer *w, struct fa_error *err)
{
    struct fa_tar_found found;
    enum fa_claim claim;
    const struct fa_state_archive *archive = &w->volume->state;
    int result = 0;
    int fd = archive->bytes > 0 ? fa_store_part_read(w->store, w->volume->key, err) : -1;
    if (fd < 0)
        return archive->bytes > 0 ? -1 : 0;
    for (uint64_t at = 0; result == 0 && at < archive->bytes; at = found.next) {
        int read = fa_tar_read(fd, at, &found);
        result = read == 1 ? fa_names_claim(w->names, fa_key_str(found.name), 1, &claim, err)
                           : writer_failed(err, "continue", archive->name);
        free(found.name);
    }
    close(fd);
    return result;
}

static int writer_open(struct fa_volume_writer *w, struct fa_volume *volume, struct fa_error *err)
{
    uint64_t kept = volume->state.bytes;
    w->volume = volume;
    w->names = fa_names_new(fa_store_scratch(w->store), err);
    if (!w->names)
        return -1;
    w->fd = fa_store_part_write(w->store, volume->key, false, &kept, err);
    if (w->fd < 0)
        return -1;
    if (kept == volume->state.bytes && fa_store_inode(w->store, w->fd, &w->inode))
        return writer_read_names(w, err);
    errno = EIO;
    return writer_failed(err, "continue", volume->state.name);
}

/* A new volume has a number that none has, neither in the state nor in the folder. */
static int writer_open_new(struct fa_volume_writer *w, long long number, struct fa_error *err)
{
    char name[300];
    int64_t size;
    do
        snprintf(name, sizeof(name), "%s-%06lld.tar", w->prefix, number++);
    while (fa_folder_look_again(fa_store_folder(w->store), name, &size, NULL) != FA_THERE_NOTHING);
    struct fa_volume *volume = fa_volumes_add(w->volumes, name);
    if (volume)
        return writer_open(w, volume, err);
    errno = ENOMEM;
    return writer_failed(err, "create", name);
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

/* @length  Of the name that KEY.json is derived from. */
static char *metadata_name(const char *path, size_t length)
{
    char *name = NULL;
    return asprintf(&name, "%.*s.json", (int)length, path) < 0 ? NULL : name;
}

/* Up to the first dot of the last component, as WebDataset does. */
static size_t sample_key(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    return (size_t)(base - path) + strcspn(base, ".");
}

/* @return 1: the name is the job's in this volume; 0: it is taken; -1: error */
static int writer_claim(struct fa_volume_writer *w, const char *name, struct fa_error *err)
{
    enum fa_claim claim;
    if (fa_names_claim(w->names, fa_key_str(name), w->job->place.key | 2, &claim, err))
        return -1;
    return claim != FA_CLAIM_TAKEN;
}

/* @ret_metadata  To be freed.  @return as writer_claim() */
static int writer_claim_names(struct fa_volume_writer *w, char **ret_metadata, struct fa_error *err)
{
    const char *path = w->job->place.path;
    size_t lengths[] = {sample_key(path), strlen(path)};
    int result = writer_claim(w, path, err);
    *ret_metadata = NULL;
    if (result <= 0)
        return result;
    for (size_t i = 0; i < 2; ++i) {
        char *name = metadata_name(path, lengths[i]);
        if (!name) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot add '%s' to an archive", path);
            return -1;
        }
        result = strcmp(name, path) == 0 ? 0 : writer_claim(w, name, err);
        if (result == 1)
            *ret_metadata = name;
        else
            free(name);
        if (result != 0)
            return result;
    }
    return 0;
}

/* @return NULL: no memory */
static char *writer_describe(const struct fa_volume_writer *w)
{
    const struct fa_job *job = w->job;
    size_t n = job->entry->n_columns;
    struct fa_list_column *columns = calloc(n + 1, sizeof(*columns));
    char *url = fa_redact_url(job->entry->urls[0], w->config->secret_keys), *text = NULL;
    for (size_t i = 0; columns && i < n; ++i)
        columns[i] = (struct fa_list_column){
            .name = job->entry->columns[i].name,
            .value = fa_emit_redact_column(w->emitter, &job->entry->columns[i]),
        };
    if (columns && url) {
        struct fa_metadata metadata = {
            .url = url,
            .path = job->place.path,
            .line = job->entry->line,
            .size = (uint64_t)job->place.size,
            .modified = job->part.rep.validator.modified,
            .encoding = job->part.rep.coding[0] ? job->part.rep.coding : NULL,
            .digests = job->hashed ? job->hashed->digests : NULL,
            .n_digests = job->hashed ? job->hashed->n_digests : 0,
            .columns = columns,
            .n_columns = n,
        };
        text = fa_metadata_text(&metadata);
    }
    for (size_t i = 0; columns && i < n; ++i)
        free((char *)columns[i].value);
    free(columns);
    free(url);
    return text;
}

static void put_zeros(struct fa_buf *buf, size_t n)
{
    static const char zeros[FA_TAR_END];
    fa_buf_put(buf, zeros, n);
}

/* Everything but the bytes of the file. */
static int writer_build(struct fa_volume_writer *w, const char *metadata_path, struct fa_error *err)
{
    const struct fa_job *job = w->job;
    char *text = writer_describe(w);
    size_t len = text ? strlen(text) : 0;
    int64_t modified = job->part.rep.validator.modified;
    int64_t now = (int64_t)time(NULL);
    struct fa_tar_member file = {job->place.path, (uint64_t)job->place.size,
                                 modified >= 0 ? modified : now};
    struct fa_tar_member metadata = {metadata_path, len, now};
    fa_buf_reset(&w->head);
    fa_buf_reset(&w->tail);
    fa_tar_put_header(&w->head, &file);
    put_zeros(&w->tail, fa_tar_padding(file.size));
    fa_tar_put_header(&w->tail, &metadata);
    fa_buf_put(&w->tail, text, len);
    put_zeros(&w->tail, fa_tar_padding(len));
    free(text);
    if (text && !w->head.failed && !w->tail.failed)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot add '%s' to an archive",
                    job->place.path);
    return -1;
}

/* A volume with one file may be larger. */
static bool writer_has_room(const struct fa_volume_writer *w)
{
    const struct fa_state_archive *archive = &w->volume->state;
    const struct fa_config *config = w->config;
    uint64_t need = w->head.len + (uint64_t)w->job->place.size + w->tail.len + FA_TAR_END;
    return archive->files == 0 ||
           (archive->files < config->tar_files && need <= config->tar_size - archive->bytes &&
            archive->bytes < config->tar_size);
}

int fa_volume_writer_begin(struct fa_volume_writer *w, const struct fa_job *job,
                           struct fa_error *err)
{
    char *metadata = NULL;
    w->job = job;
    if (!w->volume && writer_open_volume(w, err))
        return -1;
    int result = writer_claim_names(w, &metadata, err);
    if (result == 1)
        result = writer_build(w, metadata, err) ? -1 : writer_has_room(w);
    free(metadata);
    if (result != 1)
        return result;
    return fa_io_pwrite(w->fd, w->head.data, w->head.len, w->volume->state.bytes)
               ? writer_failed(err, "write", w->volume->state.name)
               : 1;
}

/* @return bytes copied; 0: the source ends; or -1 */
static ssize_t writer_copy_some(const struct fa_volume_writer *w, int source, uint64_t from,
                                uint64_t to, size_t most)
{
    char chunk[CHUNK];
    off_t in = (off_t)from, out = (off_t)to;
    ssize_t n = copy_file_range(source, &in, w->fd, &out, most, 0);
    if (n > 0 || (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO)))
        return n;
    n = pread(source, chunk, most < CHUNK ? most : CHUNK, (off_t)from);
    if (n > 0 && fa_io_pwrite(w->fd, chunk, (size_t)n, to))
        return -1;
    return n;
}

int fa_volume_writer_copy(struct fa_volume_writer *w, int source, uint64_t from, uint64_t until,
                          struct fa_error *err)
{
    uint64_t data = w->volume->state.bytes + w->head.len;
    while (from < until) {
        ssize_t n = writer_copy_some(w, source, from, data + from, (size_t)(until - from));
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* the file has become shorter */
        if (n <= 0)
            return writer_failed(err, "write", w->volume->state.name);
        from += (uint64_t)n;
    }
    return 0;
}

int fa_volume_writer_finish(struct fa_volume_writer *w, uint64_t *ret_offset, struct fa_error *err)
{
    struct fa_state_archive *archive = &w->volume->state;
    uint64_t data = archive->bytes + w->head.len, at = data + (uint64_t)w->job->place.size;
    if (fa_io_pwrite(w->fd, w->tail.data, w->tail.len, at) ||
        (w->config->fsync == FA_FSYNC_EACH && fdatasync(w->fd)))
        return writer_failed(err, "write", archive->name);
    archive->bytes = at + w->tail.len;
    ++archive->files;
    w->volume->size = (int64_t)archive->bytes;
    *ret_offset = data;
    return 0;
}

void fa_volume_writer_cancel(struct fa_volume_writer *w)
{
    if (w->fd >= 0)
        (void)!ftruncate(w->fd, (off_t)w->volume->state.bytes);
}

int fa_volume_writer_close(struct fa_volume_writer *w, const struct fa_volume **ret,
                           struct fa_error *err)
{
    static const char zeros[FA_TAR_END];
    struct fa_volume *volume = w->volume;
    *ret = volume && volume->state.files > 0 ? volume : NULL;
    if (!*ret) {
        if (volume)
            fa_store_part_remove(w->store, volume->key);
        writer_close_volume(w);
        return 0;
    }
    uint64_t end = volume->state.bytes;
    if (ftruncate(w->fd, (off_t)end) || fa_io_pwrite(w->fd, zeros, sizeof(zeros), end) ||
        (w->config->fsync != FA_FSYNC_NONE && fdatasync(w->fd)))
        return writer_failed(err, "write", volume->state.name);
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
