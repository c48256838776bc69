/*
 * A manifest has a line for each file of the bag, in an order that need not be that of fetch.txt.  The
 * index has 16 bytes for each line: the key of the path, and where the line is.  Lookups read the
 * line again, and compare the path, so that equal keys do no harm.
 */
#include "list/bag.h"

#include "base/hex.h"
#include "base/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BAG_LINE_MAX 65536
/* Lines of the manifest that are read at once. */
#define LINES_AT_ONCE 20000

struct fa_bag_slot {
    uint64_t key;
    uint64_t at; /* Offset of the line plus 1; 0: free. */
};

/* The path of a file next to the list; free() it. */
static char *bag_path(const char *list, const char *name)
{
    const char *slash = strrchr(list, '/');
    char *path = NULL;
    int len = slash ? (int)(slash + 1 - list) : 0;
    return asprintf(&path, "%.*s%s", len, list, name) < 0 ? NULL : path;
}

bool fa_bag_has(const char *list)
{
    char *path = bag_path(list, "bagit.txt");
    bool has = path && access(path, R_OK) == 0;
    free(path);
    return has;
}

/* @return the descriptor of a regular file, or -1 */
static int manifest_open(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

int fa_bag_open(struct fa_bag *bag, const char *list, struct fa_error *err)
{
    static const enum fa_hash hashes[] = {FA_HASH_SHA512, FA_HASH_SHA384, FA_HASH_SHA256,
                                          FA_HASH_SHA224, FA_HASH_SHA1,   FA_HASH_MD5};
    *bag = (struct fa_bag){.fd = -1};
    for (size_t i = 0; bag->fd < 0 && i < sizeof(hashes) / sizeof(*hashes); ++i) {
        char name[40];
        snprintf(name, sizeof(name), "manifest-%s.txt", fa_hash_name(hashes[i]));
        free(bag->path);
        bag->path = bag_path(list, name);
        bag->hash = hashes[i];
        bag->fd = bag->path ? manifest_open(bag->path) : -1;
    }
    if (bag->fd >= 0 && fa_lines_init(&bag->lines, bag->path, BAG_LINE_MAX, err) == 0) {
        bag->reading = true;
        return 0;
    }
    if (bag->fd < 0)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                     "cannot read the list '%s': its bag has no manifest-ALG.txt that can be read",
                     list);
    fa_bag_close(bag);
    return -1;
}

void fa_bag_close(struct fa_bag *bag)
{
    if (bag->reading)
        fa_lines_fini(&bag->lines);
    if (bag->path && bag->fd >= 0)
        close(bag->fd);
    free(bag->path);
    free(bag->slots);
    *bag = (struct fa_bag){.fd = -1};
}

/* Linear probing; the keys are hashes already. */
static void slots_put(struct fa_bag_slot *slots, size_t n_slots, struct fa_bag_slot slot)
{
    size_t i = slot.key % n_slots;
    while (slots[i].at)
        i = (i + 1) % n_slots;
    slots[i] = slot;
}

static int bag_grow(struct fa_bag *bag)
{
    size_t n_slots = bag->n_slots ? 2 * bag->n_slots : 1024;
    struct fa_bag_slot *slots = calloc(n_slots, sizeof(*slots));
    if (!slots)
        return -1;
    for (size_t i = 0; i < bag->n_slots; ++i)
        if (bag->slots[i].at)
            slots_put(slots, n_slots, bag->slots[i]);
    free(bag->slots);
    bag->slots = slots;
    bag->n_slots = n_slots;
    return 0;
}

/* Split "DIGEST PATH"; md5sum(1) writes an asterisk before a path.  @return the path, or NULL */
static const char *line_path(const char *line, size_t len, size_t digits, size_t *ret_len)
{
    const char *at = line + digits, *end = line + len;
    if (len <= digits || (*at != ' ' && *at != '\t'))
        return NULL;
    while (at < end && (*at == ' ' || *at == '\t'))
        ++at;
    if (end - at > 1 && *at == '*')
        ++at;
    if (end - at > 2 && memcmp(at, "./", 2) == 0)
        at += 2;
    if (end > at && end[-1] == '\r')
        --end;
    *ret_len = (size_t)(end - at);
    return at < end ? at : NULL;
}

static int bag_add_line(struct fa_bag *bag, const struct fa_line *line)
{
    size_t len;
    const char *path = line_path(line->at, line->len, 2 * fa_hash_size(bag->hash), &len);
    if (!path)
        return 0;
    if (2 * (bag->count + 1) > bag->n_slots && bag_grow(bag))
        return -1;
    slots_put(bag->slots, bag->n_slots,
              (struct fa_bag_slot){.key = fa_key(path, len), .at = bag->offset + 1});
    ++bag->count;
    return 0;
}

static int bag_fail(const struct fa_bag *bag, const char *why, struct fa_error *err)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "cannot read the manifest '%s': %s",
                 bag->path, why);
    return -1;
}

int fa_bag_read(struct fa_bag *bag, struct fa_error *err)
{
    struct fa_line line;
    fa_lines_begin_call(&bag->lines);
    for (unsigned i = 0; !bag->done && i < LINES_AT_ONCE; ++i) {
        enum fa_source_what what = fa_lines_next(&bag->lines, 0, &line);
        if (what == FA_SOURCE_AGAIN)
            return 0;
        if (what == FA_SOURCE_ERROR)
            return bag_fail(bag, strerror(bag->lines.error.code), err);
        if (what == FA_SOURCE_SOME && line.too_long)
            return bag_fail(bag, "it has a line of more than 65536 bytes", err);
        if (what == FA_SOURCE_SOME && bag_add_line(bag, &line))
            return bag_fail(bag, "memory ran out", err);
        bag->done = what != FA_SOURCE_SOME;
        bag->offset += bag->done ? 0 : line.len + 1;
        fa_lines_use(&bag->lines);
    }
    return bag->done;
}

/* Whether the line at an offset is that of the path. */
static bool bag_match(const struct fa_bag *bag, uint64_t at, const char *path, size_t len,
                      char *hex)
{
    char line[2 * 64 + 4096];
    size_t digits = 2 * fa_hash_size(bag->hash), found_len;
    ssize_t got = pread(bag->fd, line, sizeof(line), (off_t)at);
    const char *lf = got > 0 ? memchr(line, '\n', (size_t)got) : NULL;
    size_t all = lf ? (size_t)(lf - line) : got > 0 ? (size_t)got : 0;
    const char *found = line_path(line, all, digits, &found_len);
    if (!found || found_len != len || memcmp(found, path, len) != 0)
        return false;
    memcpy(hex, line, digits);
    hex[digits] = '\0';
    return true;
}

bool fa_bag_find(const struct fa_bag *bag, const char *path, size_t len, char *hex)
{
    uint64_t key = fa_key(path, len);
    if (bag->n_slots == 0)
        return false;
    for (size_t i = key % bag->n_slots; bag->slots[i].at; i = (i + 1) % bag->n_slots)
        if (bag->slots[i].key == key && bag_match(bag, bag->slots[i].at - 1, path, len, hex))
            return true;
    return false;
}
