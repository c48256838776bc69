/*
 * Files are compared by size and digest (XXH3, 64 bits), which is computed after a run, so that its
 * time is not part of any result.  The digest finds mistakes of programs; it is no protection
 * against a server, which could send anything to all of them.
 */
#include "cli/compare/inventory.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/key.h"

/* Names that are kept as examples. */
#define NAMES 3

/* Whether a file begins with <html or <!doctype html, after spaces. */
static bool text_is_html(const char *text, size_t len)
{
    static const char *const starts[] = {"<html", "<!doctype html"};
    while (len > 0 && isspace((unsigned char)*text)) {
        ++text;
        --len;
    }
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); ++i)
        if (len >= strlen(starts[i]) && strncasecmp(text, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* @return an errno. */
static int file_look(struct fa_file *file, int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return errno;
    file->size = (uint64_t)st.st_size;
    if (file->size == 0)
        return 0;
    /* No process writes the file any more: its run has ended. */
    void *data = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED || !data)
        return errno;
    file->digest = fa_key(data, file->size);
    file->html = text_is_html(data, file->size);
    munmap(data, file->size);
    return 0;
}

/* @return an errno. */
static int file_read(struct fa_file *file, const char *path)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int code = file_look(file, fd);
    close(fd);
    return code;
}

/* @return an errno. */
static int inventory_add(struct fa_inventory *inventory, const char *path, const char *name)
{
    /* Doubles at each power of two. */
    if ((inventory->count & (inventory->count - 1)) == 0) {
        size_t room = inventory->count ? 2 * inventory->count : 1;
        struct fa_file *files = reallocarray(inventory->files, room, sizeof(*files));
        if (!files)
            return ENOMEM;
        inventory->files = files;
    }
    struct fa_file *file = &inventory->files[inventory->count];
    *file = (struct fa_file){.path = strdup(name)};
    if (!file->path)
        return ENOMEM;
    ++inventory->count;
    int code = file_read(file, path);
    inventory->bytes += file->size;
    return code;
}

static int file_by_path(const void *a, const void *b)
{
    return strcmp(((const struct fa_file *)a)->path, ((const struct fa_file *)b)->path);
}

int fa_inventory_read(struct fa_inventory *inventory, const char *dir, struct fa_error *err)
{
    char *const roots[] = {(char *)dir, NULL};
    *inventory = (struct fa_inventory){0};
    FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    int code = fts ? 0 : errno;
    FTSENT *entry;
    while (code == 0 && (errno = 0, entry = fts_read(fts))) {
        if (entry->fts_info == FTS_F)
            code = inventory_add(inventory, entry->fts_accpath, entry->fts_path + strlen(dir) + 1);
        else if (entry->fts_info == FTS_NS && entry->fts_errno == ENOENT)
            continue;
        else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
                 entry->fts_info == FTS_NS)
            code = entry->fts_errno;
    }
    if (code == 0)
        code = errno;
    if (fts)
        fts_close(fts);
    if (inventory->count > 0)
        qsort(inventory->files, inventory->count, sizeof(*inventory->files), file_by_path);
    if (code == 0)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot read the files of a run in '%s'", dir);
    fa_inventory_fini(inventory);
    return -1;
}

void fa_inventory_fini(struct fa_inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; ++i)
        free(inventory->files[i].path);
    free(inventory->files);
    *inventory = (struct fa_inventory){0};
}

static struct fa_file *inventory_find(const struct fa_inventory *inventory, const char *path)
{
    const struct fa_file key = {.path = (char *)path};
    if (inventory->count == 0)
        return NULL;
    return bsearch(&key, inventory->files, inventory->count, sizeof(key), file_by_path);
}

static bool file_is_same(const struct fa_file *a, const struct fa_file *b)
{
    return a->size == b->size && a->digest == b->digest;
}

static int file_by_content(const void *a, const void *b)
{
    const struct fa_file *x = *(const struct fa_file *const *)a;
    const struct fa_file *y = *(const struct fa_file *const *)b;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return (x->digest > y->digest) - (x->digest < y->digest);
}

static int file_by_name(const void *a, const void *b)
{
    return file_by_path(*(const struct fa_file *const *)a, *(const struct fa_file *const *)b);
}

static void differences_name(struct fa_differences *ret, const char *path)
{
    size_t used = strlen(ret->names);
    if (ret->missing + ret->wrong + ret->pages > NAMES)
        return;
    snprintf(ret->names + used, sizeof(ret->names) - used, "%s%.56s", used ? ", " : "", path);
}

/* Whether both folders have a file under the path of one of them that needs no other
 * counterpart. */
static bool file_is_paired(const struct fa_inventory *reference, const struct fa_inventory *other,
                           const char *path)
{
    const struct fa_file *mine = inventory_find(reference, path);
    const struct fa_file *theirs = inventory_find(other, path);
    return mine && theirs && (mine->varies || file_is_same(mine, theirs));
}

/* Files without a counterpart in the other folder. */
struct rest {
    const struct fa_file **files;
    size_t count;
};

static bool rest_init(struct rest *rest, const struct fa_inventory *from,
                      const struct fa_inventory *reference, const struct fa_inventory *other)
{
    *rest = (struct rest){.files = calloc(from->count + 1, sizeof(*rest->files))};
    for (size_t i = 0; rest->files && i < from->count; ++i)
        if (!file_is_paired(reference, other, from->files[i].path))
            rest->files[rest->count++] = &from->files[i];
    if (rest->files)
        qsort(rest->files, rest->count, sizeof(*rest->files), file_by_content);
    return rest->files != NULL;
}

/* Remove those with the same content from both, which are sorted by it. */
static void rest_match(struct rest *lost, struct rest *extra)
{
    size_t j = 0, n_lost = 0, n_extra = 0;
    for (size_t i = 0; i < lost->count; ++i) {
        for (; j < extra->count && file_by_content(&extra->files[j], &lost->files[i]) < 0; ++j)
            extra->files[n_extra++] = extra->files[j];
        if (j < extra->count && file_is_same(extra->files[j], lost->files[i]))
            ++j;
        else
            lost->files[n_lost++] = lost->files[i];
    }
    for (; j < extra->count; ++j)
        extra->files[n_extra++] = extra->files[j];
    lost->count = n_lost;
    extra->count = n_extra;
}

static void differences_count(struct fa_differences *ret, const struct fa_inventory *reference,
                              const struct fa_inventory *other, const struct rest *lost,
                              const struct rest *extra)
{
    size_t varying = 0;
    /* The examples are the first ones by name. */
    qsort(lost->files, lost->count, sizeof(*lost->files), file_by_name);
    for (size_t i = 0; i < lost->count; ++i) {
        const struct fa_file *file = lost->files[i];
        if (file->varies) {
            ++varying;
            continue;
        }
        ++*(inventory_find(other, file->path) ? &ret->wrong : &ret->missing);
        differences_name(ret, file->path);
    }
    /* An unknown file may be a varying one under another name; other files may be logs. */
    for (size_t i = varying; i < extra->count; ++i) {
        if (extra->files[i]->html && !inventory_find(reference, extra->files[i]->path)) {
            ++ret->pages;
            differences_name(ret, extra->files[i]->path);
        }
    }
}

int fa_inventory_compare(const struct fa_inventory *reference, const struct fa_inventory *other,
                         struct fa_differences *ret, struct fa_error *err)
{
    struct rest lost = {0}, extra = {0};
    *ret = (struct fa_differences){0};
    bool ok =
        rest_init(&lost, reference, reference, other) && rest_init(&extra, other, reference, other);
    if (ok) {
        rest_match(&lost, &extra);
        differences_count(ret, reference, other, &lost, &extra);
    } else {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot compare the files of a run");
    }
    free(lost.files);
    free(extra.files);
    return ok ? 0 : -1;
}

size_t fa_inventory_mark_varying(struct fa_inventory *reference, const struct fa_inventory *again)
{
    size_t found = 0;
    for (size_t i = 0; i < reference->count; ++i) {
        const struct fa_file *other = inventory_find(again, reference->files[i].path);
        if (other && !reference->files[i].varies && !file_is_same(&reference->files[i], other)) {
            reference->files[i].varies = true;
            ++found;
        }
    }
    return found;
}

/* Append to a text; what does not fit is dropped. */
__attribute__((format(printf, 3, 4))) static void text_append(char *buf, size_t size,
                                                              const char *format, ...)
{
    size_t used = strlen(buf);
    va_list args;
    va_start(args, format);
    vsnprintf(buf + used, size - used, format, args);
    va_end(args);
}

void fa_differences_describe(const struct fa_differences *found, int status, char *buf, size_t size)
{
    const struct {
        size_t count;
        const char *one, *many;
    } parts[] = {
        {found->missing, "file is missing", "files are missing"},
        {found->wrong, "file has other content", "files have other content"},
        {found->pages, "file is an HTML page instead", "files are HTML pages instead"},
    };
    buf[0] = '\0';
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); ++i)
        if (parts[i].count > 0)
            text_append(buf, size, "%s%zu %s", buf[0] ? ", " : "", parts[i].count,
                        parts[i].count == 1 ? parts[i].one : parts[i].many);
    if (status != 0)
        text_append(buf, size, "%s%s %d", buf[0] ? ", " : "",
                    status > 128 ? "killed by signal" : "exit status",
                    status > 128 ? status - 128 : status);
    if (found->names[0])
        text_append(buf, size, ": %s", found->names);
}
