/*
 * Volumes are in the order of their ids, which never decrease, so that a record of the state finds
 * its volume by bisection.  Pointers to a volume stay valid while others are added.
 */
#include "engine/volumes.h"

#include "base/key.h"
#include "engine/store_part.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOT_LOOKED (-2)

/* Not the key of the path: an entry of that name could have a part, too. */
static uint64_t volume_key(const char *name)
{
    char text[5000];
    snprintf(text, sizeof(text), "archive:%s", name);
    return fa_key_str(text);
}

static struct fa_volume *volumes_append(struct fa_volumes *volumes,
                                        const struct fa_state_archive *archive)
{
    struct fa_volume **items =
        reallocarray(volumes->items, volumes->count + 1, sizeof(struct fa_volume *));
    if (!items)
        return NULL;
    volumes->items = items;
    struct fa_volume *volume = calloc(1, sizeof(*volume));
    char *name = strdup(archive->name);
    if (!volume || !name) {
        free(volume);
        free(name);
        return NULL;
    }
    volume->state = *archive;
    volume->state.name = name;
    volume->key = volume_key(name);
    volume->size = NOT_LOOKED;
    items[volumes->count++] = volume;
    return volume;
}

static int volumes_on_row(void *arg, const struct fa_state_archive *archive)
{
    return volumes_append(arg, archive) ? 0 : -1;
}

int fa_volumes_init(struct fa_volumes *volumes, struct fa_state *state, struct fa_error *err)
{
    struct fa_error why;
    fa_error_system(&why, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read the archives of the state");
    *volumes = (struct fa_volumes){0};
    if (!state || fa_state_each_archive(state, volumes_on_row, volumes, &why) == 0)
        return 0;
    *err = why;
    return -1;
}

void fa_volumes_fini(struct fa_volumes *volumes)
{
    for (size_t i = 0; i < volumes->count; ++i) {
        free((char *)volumes->items[i]->state.name);
        free(volumes->items[i]);
    }
    free(volumes->items);
    *volumes = (struct fa_volumes){0};
}

struct fa_volume *fa_volumes_find(const struct fa_volumes *volumes, uint64_t id)
{
    size_t low = 0, high = volumes->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (volumes->items[middle]->state.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < volumes->count && volumes->items[low]->state.id == id;
    return found ? volumes->items[low] : NULL;
}

bool fa_volumes_have_file(const struct fa_volumes *volumes, const char *path)
{
    for (size_t i = 0; i < volumes->count; ++i) {
        const char *name = volumes->items[i]->state.name;
        size_t len = strlen(name);
        if (strcmp(name, path) == 0 ||
            (len > 0 && name[len - 1] == '/' && strncmp(name, path, len) == 0))
            return true;
    }
    return false;
}

struct fa_volume *fa_volumes_add(struct fa_volumes *volumes, const char *name)
{
    uint64_t last = volumes->count > 0 ? volumes->items[volumes->count - 1]->state.id : 0;
    struct fa_state_archive archive = {.id = last + 1, .name = name, .open = true};
    return volumes_append(volumes, &archive);
}

bool fa_volumes_have_part(const struct fa_volumes *volumes, uint64_t key)
{
    for (size_t i = 0; i < volumes->count; ++i)
        if (volumes->items[i]->state.open && volumes->items[i]->key == key)
            return true;
    return false;
}

/* The process may have been killed between renaming the part and recording that: then the file is
 * there, and the part is not. */
int fa_volume_open(const struct fa_volume *volume, struct fa_store *store, struct fa_error *err)
{
    if (!volume) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "the state does not know the archive of the file");
        return -1;
    }
    int fd = volume->state.open ? fa_store_part_read(store, volume->key, err) : -1;
    return fd >= 0 ? fd : fa_folder_file(fa_store_folder(store), volume->state.name, err);
}

struct fa_digest_range fa_volume_range(const struct fa_volume *volume, uint64_t offset,
                                       uint64_t size)
{
    size_t len = strlen(volume->state.name);
    bool deflated = len > 3 && strcmp(volume->state.name + len - 3, ".gz") == 0;
    return (struct fa_digest_range){.from = offset, .size = size, .deflated = deflated};
}

/* A volume only grows, and only by us: one look is enough, but while it is written. */
bool fa_volume_has(struct fa_volume *volume, struct fa_store *store, uint64_t offset, uint64_t size)
{
    struct fa_digest_range range = fa_volume_range(volume, offset, size);
    struct fa_error err;
    struct stat st;
    if (volume->size == NOT_LOOKED) {
        int fd = fa_volume_open(volume, store, &err);
        volume->size = fd >= 0 && fstat(fd, &st) == 0 ? st.st_size : -1;
        if (fd >= 0)
            close(fd);
    }
    return volume->size >= 0 && offset + (range.deflated ? 1 : size) <= (uint64_t)volume->size;
}

/* A run that was killed just before the rename has given the part the mode of a file already. */
bool fa_volume_has_part(const struct fa_volume *volume, struct fa_store *store)
{
    struct fa_error err;
    struct stat st;
    int fd = fa_store_part_read(store, volume->key, &err);
    bool has = fd >= 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size >= volume->state.bytes;
    if (fd >= 0)
        close(fd);
    return has;
}
