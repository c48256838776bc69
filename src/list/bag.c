/*
 * A manifest has a line for each file of the bag, in an order that need not be that of fetch.txt.
 * The index has 16 bytes for each line: the key of the path, and where the line is.  Lookups read
 * the line again, and compare the path, so that equal keys do no harm.
 *
 * Keys are those of decoded paths, because programs encode with digits in lower or upper case.
 * "%25" is a percent sign from version 1.0 on; before, only line ends were encoded.
 */
#include "list/bag.h"

#include "base/hex.h"
#include "base/key.h"
#include "list/tag_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define BAG_LINE_MAX 65536
/* Bytes of a line whose path is short enough: each byte of it may be encoded. */
#define PATH_LINE_MAX (2 * FA_DIGEST_MAX + 16 + 3 * FA_BAG_PATH_MAX)
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
/* A FIFO would block the open, and a device could be anything. */
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

static int bag_init(struct fa_bag *bag, struct fa_error *err)
{
    bag->reading = fa_lines_init(&bag->lines, bag->path, BAG_LINE_MAX, err) == 0;
    return bag->reading ? 0 : -1;
}

int fa_bag_open_manifest(struct fa_bag *bag, const char *path, enum fa_hash hash, bool percent,
                         struct fa_error *err)
{
    *bag = (struct fa_bag){.hash = hash, .percent = percent, .path = strdup(path), .fd = -1};
    bag->fd = bag->path ? manifest_open(path) : -1;
    if (bag->fd < 0)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot read the manifest '%s'", path);
    else if (bag_init(bag, err) == 0)
        return 0;
    fa_bag_close(bag);
    return -1;
}

/* Assume the current version if the declaration is invalid. */
static bool list_has_percent(const char *list)
{
    struct fa_bag_declaration declaration;
    char *path = bag_path(list, "bagit.txt");
    bool read = path && fa_bag_declare(path, &declaration, NULL) == 0;
    free(path);
    return !read || fa_bag_is_rfc(&declaration);
}

/* The strongest manifest of the bag: one is enough to verify a file. */
int fa_bag_open(struct fa_bag *bag, const char *list, struct fa_error *err)
{
    static const enum fa_hash hashes[] = {FA_HASH_SHA512, FA_HASH_SHA384, FA_HASH_SHA256,
                                          FA_HASH_SHA224, FA_HASH_SHA1,   FA_HASH_MD5};
    *bag = (struct fa_bag){.fd = -1, .percent = list_has_percent(list)};
    for (size_t i = 0; bag->fd < 0 && i < sizeof(hashes) / sizeof(*hashes); ++i) {
        char name[40];
        snprintf(name, sizeof(name), "manifest-%s.txt", fa_hash_name(hashes[i]));
        free(bag->path);
        bag->path = bag_path(list, name);
        bag->hash = hashes[i];
        bag->fd = bag->path ? manifest_open(bag->path) : -1;
    }
    if (bag->fd >= 0 && bag_init(bag, err) == 0)
        return 0;
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

static bool byte_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* @return the length of the decoded path, or 0: it is empty, too long, or has a zero byte */
static size_t path_decode(const char *path, size_t len, bool percent, char to[FA_BAG_PATH_MAX])
{
    static const struct {
        const char *triple;
        char byte;
    } triples[] = {{"%0a", '\n'}, {"%0d", '\r'}, {"%25", '%'}};
    size_t n = 0, known = percent ? 3 : 2;
    if (len > 2 && memcmp(path, "./", 2) == 0)
        path += 2, len -= 2;
    if (len > 0 && memchr(path, '\0', len))
        return 0;
    for (const char *at = path, *end = path + len; at < end && n < FA_BAG_PATH_MAX; ++at) {
        to[n] = *at;
        for (size_t i = 0; *at == '%' && end - at > 2 && i < known; ++i)
            if (strncasecmp(at, triples[i].triple, 3) == 0) {
                to[n] = triples[i].byte;
                at += 2;
                break;
            }
        ++n;
    }
    if (n == FA_BAG_PATH_MAX)
        return 0;
    to[n] = '\0';
    return n;
}

/* md5sum(1) writes an asterisk before a path. */
bool fa_bag_parse(const struct fa_bag *bag, const char *line, size_t len, struct fa_bag_line *ret)
{
    size_t size = fa_hash_size(bag->hash);
    const char *at = line + 2 * size, *end = line + len;
    if (len <= 2 * size || !byte_is_blank(*at))
        return false;
    for (size_t i = 0; i < size; ++i) {
        int byte = fa_hex_byte(line + 2 * i);
        if (byte < 0)
            return false;
        ret->digest[i] = (unsigned char)byte;
    }
    while (at < end && byte_is_blank(*at))
        ++at;
    if (end - at > 1 && *at == '*')
        ++at;
    if (end > at && end[-1] == '\r')
        --end;
    ret->len = path_decode(at, (size_t)(end - at), bag->percent, ret->path);
    return ret->len > 0;
}

/* A malformed line is no entry of the index; `fetchall verify` reports it. */
static int bag_add_line(struct fa_bag *bag, const struct fa_line *line)
{
    struct fa_bag_line parsed;
    if (!fa_bag_parse(bag, line->at, line->len, &parsed))
        return 0;
    if (2 * (bag->count + 1) > bag->n_slots && bag_grow(bag))
        return -1;
    slots_put(bag->slots, bag->n_slots,
              (struct fa_bag_slot){.key = fa_key(parsed.path, parsed.len), .at = bag->offset + 1});
    ++bag->count;
    return 0;
}

static int bag_fail(const struct fa_bag *bag, const char *why, struct fa_error *err)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "cannot read the manifest '%s': %s",
                 bag->path, why);
    return -1;
}

/* In steps, as the loop of a session waits meanwhile. */
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
                      unsigned char *digest)
{
    char line[PATH_LINE_MAX];
    struct fa_bag_line found;
    ssize_t got = pread(bag->fd, line, sizeof(line), (off_t)at);
    const char *lf = got > 0 ? memchr(line, '\n', (size_t)got) : NULL;
    size_t all = lf ? (size_t)(lf - line) : got > 0 ? (size_t)got : 0;
    if (!fa_bag_parse(bag, line, all, &found) || found.len != len ||
        memcmp(found.path, path, len) != 0)
        return false;
    if (digest)
        memcpy(digest, found.digest, fa_hash_size(bag->hash));
    return true;
}

bool fa_bag_find(const struct fa_bag *bag, const char *path, size_t len, unsigned char *digest,
                 uint64_t *ret_at)
{
    uint64_t key = fa_key(path, len);
    if (bag->n_slots == 0)
        return false;
    for (size_t i = key % bag->n_slots; bag->slots[i].at; i = (i + 1) % bag->n_slots)
        if (bag->slots[i].key == key && bag_match(bag, bag->slots[i].at - 1, path, len, digest)) {
            if (ret_at)
                *ret_at = bag->slots[i].at - 1;
            return true;
        }
    return false;
}

static const char *field_cut(const char **at, const char *end, size_t *ret_len)
{
    while (*at < end && byte_is_blank(**at))
        ++*at;
    const char *field = *at;
    while (*at < end && !byte_is_blank(**at))
        ++*at;
    *ret_len = (size_t)(*at - field);
    return field;
}

/* @return the number; -1: a "-"; -2: neither */
static int64_t size_parse(const char *at, size_t len)
{
    int64_t size = 0;
    if (len == 1 && *at == '-')
        return -1;
    for (size_t i = 0; i < len; ++i)
        if (at[i] < '0' || at[i] > '9' || __builtin_mul_overflow(size, 10, &size) ||
            __builtin_add_overflow(size, at[i] - '0', &size))
            return -2;
    return len > 0 ? size : -2;
}

/* A path may have spaces. */
bool fa_bag_parse_fetch(const char *line, size_t len, bool percent, struct fa_bag_fetch *ret)
{
    const char *at = line, *end = line + len;
    while (end > at && (end[-1] == '\r' || byte_is_blank(end[-1])))
        --end;
    ret->url = field_cut(&at, end, &ret->url_len);
    ret->size = field_cut(&at, end, &ret->size_len);
    while (at < end && byte_is_blank(*at))
        ++at;
    ret->bytes = size_parse(ret->size, ret->size_len);
    return ret->bytes > -2 && path_decode(at, (size_t)(end - at), percent, ret->path) > 5 &&
           strncmp(ret->path, "data/", 5) == 0;
}

/* @return what follows "LABEL: " in the line, without the blanks at its end; or NULL */
static char *label_skip(char *line, const char *label)
{
    size_t len = strlen(label);
    if (strncmp(line, label, len) != 0)
        return NULL;
    for (char *end = line + strlen(line); end > line && strchr(" \t", end[-1]); --end)
        end[-1] = '\0';
    return line + len;
}

/* RFC 8493, 2.1.1: two lines, in this order. */
int fa_bag_declare(const char *path, struct fa_bag_declaration *ret, struct fa_error *err)
{
    struct fa_tag_file file = fa_tag_file_open(path);
    char more;
    if (!file.in) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot read '%s'", path);
        return -1;
    }
    const char *text = fa_tag_file_next(&file) ? label_skip(file.line, "BagIt-Version: ") : NULL;
    bool good = text && sscanf(text, "%3u.%3u%c", &ret->major, &ret->minor, &more) == 2;
    text = good && fa_tag_file_next(&file) ? label_skip(file.line, "Tag-File-Character-Encoding: ")
                                           : NULL;
    good = text && *text && strlen(text) < sizeof(ret->encoding);
    if (good)
        memcpy(ret->encoding, text, strlen(text) + 1);
    else
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                     "the lines are not BagIt-Version and Tag-File-Character-Encoding");
    fa_tag_file_close(&file);
    return good ? 0 : -1;
}

bool fa_bag_is_rfc(const struct fa_bag_declaration *declaration)
{
    return declaration->major >= 1;
}
