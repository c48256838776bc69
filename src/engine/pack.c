/*
 * A member of a tar archive is the file, and a file KEY.json with what is known of it: WebDataset
 * takes neighbours with the same name up to the first dot for one sample.  If the volume has that
 * name already, it is NAME.json.  A name is in a volume at most once, as readers would take the
 * last of two: if both are taken, or that of the file is, the next volume begins.
 *
 * Names of an open volume of an earlier run are read back from its headers.
 */
#include "engine/pack.h"

#include <fetchall/redact.h>

#include "archive/metadata.h"
#include "archive/tar.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Bytes that a step copies. */
#define STEP  (8 << 20)
#define CHUNK (128 << 10)

int fa_pack_init(struct fa_pack *pack, struct fa_error *err)
{
    pack->fd = pack->source = -1;
    fa_job_queue_init(&pack->waiting);
    fa_buf_init(&pack->head);
    fa_buf_init(&pack->tail);
    return fa_sink_parse(pack->config->output, &pack->sink, err);
}

static void pack_close_volume(struct fa_pack *pack)
{
    if (pack->fd >= 0)
        close(pack->fd);
    fa_names_free(pack->names);
    pack->fd = -1;
    pack->names = NULL;
    pack->volume = NULL;
}

static void pack_close_source(struct fa_pack *pack)
{
    if (pack->source >= 0 && !pack->job->part.unnamed)
        close(pack->source);
    pack->source = -1;
    pack->job = NULL;
}

void fa_pack_fini(struct fa_pack *pack)
{
    if (!pack->config) /* not initialized */
        return;
    pack_close_source(pack);
    pack_close_volume(pack);
    fa_buf_fini(&pack->head);
    fa_buf_fini(&pack->tail);
    free(pack->packed);
    pack->packed = NULL;
    pack->n_packed = pack->packed_room = 0;
}

bool fa_pack_is_on(const struct fa_pack *pack)
{
    return pack->sink.kind == FA_SINK_TAR;
}

void fa_pack_put(struct fa_pack *pack, struct fa_job *job)
{
    fa_job_set_state(job, FA_JOB_PACKING);
    fa_job_queue_push(&pack->waiting, job);
}

static int pack_failed(struct fa_error *err, const char *what, const char *name)
{
    int code = errno;
    fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot %s '%s'", what, name);
    return -1;
}

/* The number of a volume of this prefix; -1: it is none. */
static long long volume_number(const struct fa_pack *pack, const char *name)
{
    size_t len = strlen(pack->sink.name);
    unsigned long long number;
    char end[8] = "";
    if (strncmp(name, pack->sink.name, len) != 0 ||
        sscanf(name + len, "-%llu%7s", &number, end) != 2 || strcmp(end, ".tar") != 0)
        return -1;
    return (long long)number;
}

/* The names that the members of an earlier run have. */
static int pack_read_names(struct fa_pack *pack, struct fa_error *err)
{
    struct fa_tar_found found;
    enum fa_claim claim;
    const struct fa_state_archive *archive = &pack->volume->state;
    int result = 0;
    int fd = archive->bytes > 0 ? fa_store_part_read(pack->store, pack->volume->key, err) : -1;
    if (fd < 0)
        return archive->bytes > 0 ? -1 : 0;
    for (uint64_t at = 0; result == 0 && at < archive->bytes; at = found.next) {
        int read = fa_tar_read(fd, at, &found);
        result = read == 1 ? fa_names_claim(pack->names, fa_key_str(found.name), 1, &claim, err)
                           : pack_failed(err, "continue", archive->name);
        free(found.name);
    }
    close(fd);
    return result;
}

static int pack_open(struct fa_pack *pack, struct fa_volume *volume, struct fa_error *err)
{
    uint64_t kept = volume->state.bytes;
    pack->volume = volume;
    pack->names = fa_names_new(fa_store_scratch(pack->store), err);
    if (!pack->names)
        return -1;
    pack->fd = fa_store_part_write(pack->store, volume->key, false, &kept, err);
    if (pack->fd < 0)
        return -1;
    if (kept == volume->state.bytes && fa_store_inode(pack->store, pack->fd, &pack->inode))
        return pack_read_names(pack, err);
    errno = EIO;
    return pack_failed(err, "continue", volume->state.name);
}

/* A new volume has a number that none has, neither in the state nor in the folder. */
static int pack_open_new(struct fa_pack *pack, long long number, struct fa_error *err)
{
    char name[300];
    int64_t size;
    do
        snprintf(name, sizeof(name), "%s-%06lld.tar", pack->sink.name, number++);
    while (fa_folder_look_again(fa_store_folder(pack->store), name, &size, NULL) !=
           FA_THERE_NOTHING);
    struct fa_volume *volume = fa_volumes_add(pack->volumes, name);
    if (volume)
        return pack_open(pack, volume, err);
    errno = ENOMEM;
    return pack_failed(err, "create", name);
}

/* The last volume goes on, unless it is complete, or somebody has removed its part.
 * @ret_most  Largest number of a volume; -1: there is none. */
static struct fa_volume *pack_find_open(const struct fa_pack *pack, long long *ret_most)
{
    struct fa_volume *last = NULL;
    *ret_most = -1;
    for (size_t i = 0; i < pack->volumes->count; ++i) {
        long long number = volume_number(pack, pack->volumes->items[i]->state.name);
        if (number > *ret_most) {
            *ret_most = number;
            last = pack->volumes->items[i];
        }
    }
    if (!last || !last->state.open)
        return NULL;
    return last->state.bytes == 0 || fa_volume_has_part(last, pack->store) ? last : NULL;
}

static int pack_open_volume(struct fa_pack *pack, struct fa_error *err)
{
    long long most;
    struct fa_volume *open = pack_find_open(pack, &most);
    int result = open ? pack_open(pack, open, err) : pack_open_new(pack, most + 1, err);
    if (result)
        pack_close_volume(pack);
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
static int pack_claim(struct fa_pack *pack, const char *name, struct fa_error *err)
{
    enum fa_claim claim;
    if (fa_names_claim(pack->names, fa_key_str(name), pack->job->place.key | 2, &claim, err))
        return -1;
    return claim != FA_CLAIM_TAKEN;
}

/* @ret_metadata  To be freed.  @return as pack_claim() */
static int pack_claim_names(struct fa_pack *pack, char **ret_metadata, struct fa_error *err)
{
    const char *path = pack->job->place.path;
    size_t lengths[] = {sample_key(path), strlen(path)};
    int result = pack_claim(pack, path, err);
    *ret_metadata = NULL;
    if (result <= 0)
        return result;
    for (size_t i = 0; i < 2; ++i) {
        char *name = metadata_name(path, lengths[i]);
        if (!name) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot add '%s' to an archive", path);
            return -1;
        }
        result = strcmp(name, path) == 0 ? 0 : pack_claim(pack, name, err);
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
static char *pack_describe(const struct fa_pack *pack)
{
    const struct fa_job *job = pack->job;
    size_t n = job->entry->n_columns;
    struct fa_list_column *columns = calloc(n + 1, sizeof(*columns));
    char *url = fa_redact_url(job->entry->urls[0], pack->config->secret_keys), *text = NULL;
    for (size_t i = 0; columns && i < n; ++i)
        columns[i] = (struct fa_list_column){
            .name = job->entry->columns[i].name,
            .value = fa_emit_redact_column(pack->emitter, &job->entry->columns[i]),
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
static int pack_build(struct fa_pack *pack, const char *metadata_path, struct fa_error *err)
{
    const struct fa_job *job = pack->job;
    char *text = pack_describe(pack);
    size_t len = text ? strlen(text) : 0;
    int64_t modified = job->part.rep.validator.modified;
    int64_t now = (int64_t)time(NULL);
    struct fa_tar_member file = {job->place.path, (uint64_t)job->place.size,
                                 modified >= 0 ? modified : now};
    struct fa_tar_member metadata = {metadata_path, len, now};
    fa_buf_reset(&pack->head);
    fa_buf_reset(&pack->tail);
    fa_tar_put_header(&pack->head, &file);
    put_zeros(&pack->tail, fa_tar_padding(file.size));
    fa_tar_put_header(&pack->tail, &metadata);
    fa_buf_put(&pack->tail, text, len);
    put_zeros(&pack->tail, fa_tar_padding(len));
    free(text);
    if (text && !pack->head.failed && !pack->tail.failed)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot add '%s' to an archive",
                    job->place.path);
    return -1;
}

/* A volume with one file may be larger. */
static bool pack_has_room(const struct fa_pack *pack)
{
    const struct fa_state_archive *archive = &pack->volume->state;
    const struct fa_config *config = pack->config;
    uint64_t need = pack->head.len + (uint64_t)pack->job->place.size + pack->tail.len + FA_TAR_END;
    return archive->files == 0 ||
           (archive->files < config->tar_files && need <= config->tar_size - archive->bytes &&
            archive->bytes < config->tar_size);
}

/* Prepare the next job.  @return 1; 0: the volume is full; or -1 */
static int pack_begin(struct fa_pack *pack, struct fa_error *err)
{
    struct fa_job *job = pack->job;
    char *metadata = NULL;
    if (!pack->volume && pack_open_volume(pack, err))
        return -1;
    int result = pack_claim_names(pack, &metadata, err);
    if (result == 1)
        result = pack_build(pack, metadata, err) ? -1 : pack_has_room(pack);
    free(metadata);
    if (result != 1)
        return result;
    pack->copied = 0;
    pack->source = job->part.unnamed
                       ? job->attempt.fd
                       : fa_store_part_open(pack->store, job->place.key, &job->part.inode, err);
    if (pack->source < 0)
        return -1;
    return fa_io_pwrite(pack->fd, pack->head.data, pack->head.len, pack->volume->state.bytes)
               ? pack_failed(err, "write", pack->volume->state.name)
               : 1;
}

/* @return bytes copied; 0: the source ends; or -1 */
static ssize_t pack_copy_some(struct fa_pack *pack, uint64_t to, size_t most)
{
    char chunk[CHUNK];
    off_t in = (off_t)pack->copied, out = (off_t)to;
    ssize_t n = copy_file_range(pack->source, &in, pack->fd, &out, most, 0);
    if (n > 0 || (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO)))
        return n;
    n = pread(pack->source, chunk, most < CHUNK ? most : CHUNK, (off_t)pack->copied);
    if (n > 0 && fa_io_pwrite(pack->fd, chunk, (size_t)n, to))
        return -1;
    return n;
}

/* @return 1: all is copied; 0: not yet; -1: error */
static int pack_copy(struct fa_pack *pack, struct fa_error *err)
{
    uint64_t size = (uint64_t)pack->job->place.size;
    uint64_t from = pack->volume->state.bytes + pack->head.len;
    uint64_t until = size - pack->copied > STEP ? pack->copied + STEP : size;
    while (pack->copied < until) {
        ssize_t n = pack_copy_some(pack, from + pack->copied, (size_t)(until - pack->copied));
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* the file has become shorter */
        if (n <= 0)
            return pack_failed(err, "write", pack->volume->state.name);
        pack->copied += (uint64_t)n;
    }
    return pack->copied == size;
}

static int pack_remember(struct fa_pack *pack, uint64_t key)
{
    if (pack->n_packed == pack->packed_room) {
        size_t room = pack->packed_room ? 2 * pack->packed_room : 64;
        uint64_t *packed = reallocarray(pack->packed, room, sizeof(*packed));
        if (!packed)
            return -1;
        pack->packed = packed;
        pack->packed_room = room;
    }
    pack->packed[pack->n_packed++] = key;
    return 0;
}

/* The part of a job without a name goes with its descriptor. */
static int pack_finish(struct fa_pack *pack, struct fa_error *err)
{
    struct fa_job *job = pack->job;
    struct fa_state_archive *archive = &pack->volume->state;
    uint64_t data = archive->bytes + pack->head.len, at = data + (uint64_t)job->place.size;
    if (fa_io_pwrite(pack->fd, pack->tail.data, pack->tail.len, at) ||
        (pack->config->fsync == FA_FSYNC_EACH && fdatasync(pack->fd)))
        return pack_failed(err, "write", archive->name);
    if (!job->part.unnamed && pack_remember(pack, job->place.key)) {
        errno = ENOMEM;
        return pack_failed(err, "write", archive->name);
    }
    job->place.archive = archive->id;
    job->place.offset = data;
    archive->bytes = at + pack->tail.len;
    ++archive->files;
    pack->volume->size = (int64_t)archive->bytes;
    return 0;
}

/* Nothing of a member that failed stays. */
static enum fa_packed pack_give_up(struct fa_pack *pack)
{
    if (pack->fd >= 0)
        (void)!ftruncate(pack->fd, (off_t)pack->volume->state.bytes);
    pack_close_source(pack);
    return FA_PACKED_FAILED;
}

enum fa_packed fa_pack_step(struct fa_pack *pack, struct fa_job **ret, struct fa_error *err)
{
    int result;
    if (!pack->job) {
        pack->job = fa_job_queue_pop(&pack->waiting);
        if (!pack->job)
            return FA_PACKED_NONE;
    }
    *ret = pack->job;
    if (pack->source < 0 && (result = pack_begin(pack, err)) != 1)
        return result == 0 ? FA_PACKED_FULL : pack_give_up(pack);
    result = pack_copy(pack, err);
    if (result == 0)
        return FA_PACKED_MORE;
    if (result < 0 || pack_finish(pack, err))
        return pack_give_up(pack);
    pack_close_source(pack);
    return FA_PACKED_DONE;
}

int fa_pack_close(struct fa_pack *pack, const struct fa_volume **ret, struct fa_error *err)
{
    static const char zeros[FA_TAR_END];
    struct fa_volume *volume = pack->volume;
    *ret = volume && volume->state.files > 0 ? volume : NULL;
    if (!*ret) {
        if (volume)
            fa_store_part_remove(pack->store, volume->key);
        pack_close_volume(pack);
        return 0;
    }
    uint64_t end = volume->state.bytes;
    if (ftruncate(pack->fd, (off_t)end) || fa_io_pwrite(pack->fd, zeros, sizeof(zeros), end) ||
        (pack->config->fsync != FA_FSYNC_NONE && fdatasync(pack->fd)))
        return pack_failed(err, "write", volume->state.name);
    if (fa_store_publish(pack->store, volume->key, &pack->inode, volume->state.name, false, err))
        return -1;
    volume->state.open = false;
    pack_close_volume(pack);
    return 0;
}

int fa_pack_reopen(struct fa_pack *pack, struct fa_error *err)
{
    long long most;
    struct fa_volume *open = pack->volume ? NULL : pack_find_open(pack, &most);
    return open && open->state.files > 0 ? pack_open(pack, open, err) : 0;
}

void fa_pack_committed(struct fa_pack *pack)
{
    for (size_t i = 0; i < pack->n_packed; ++i)
        fa_store_part_remove(pack->store, pack->packed[i]);
    pack->n_packed = 0;
}

bool fa_pack_is_full(const struct fa_pack *pack)
{
    return pack->waiting.count >= FA_PACK_MAX;
}

bool fa_pack_is_busy(const struct fa_pack *pack)
{
    return pack->job || pack->waiting.count > 0;
}
