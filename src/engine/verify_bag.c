/*
 * A bag is checked as RFC 8493, section 3 says: that it is complete, and that its digests are
 * right.
 *
 * The manifests of a kind are indexed first (list/bag.h).  Then each is read from its start: a file
 * that an earlier one has was checked with that; any other is hashed once for all manifests.  The
 * folder is walked last, for payload files without a line, and for their number and size.
 */
#include <fetchall/verify.h>

#include "engine/checker.h"
#include "engine/config.h"
#include "engine/store.h"
#include "engine/walk.h"
#include "list/bag.h"
#include "list/tag_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of "manifest-ALG.txt", and of the reasons of findings. */
#define NAME_MOST 64
#define WHY_MOST  400

/* Algorithms have several names. */
#define MANIFESTS_MOST (2 * FA_HASHES)

/* The manifests of the payload, or of the tag files. */
struct kind {
    const char *prefix;
    bool payload;
    struct manifest {
        struct fa_bag bag;
        char name[NAME_MOST];
    } manifests[MANIFESTS_MOST];
    size_t n;
};

struct check {
    const struct fa_config *config;
    struct fa_store *store;
    struct fa_checker checker;
    struct fa_bag_declaration declaration;
    bool rfc; /* version 1.0 or later */
    struct kind payload, tags;
    uint64_t files, bytes; /* of the payload */
};

/* A line of a manifest, while it is checked. */
struct listed {
    struct kind *kind;
    size_t at; /* the manifest */
    uint64_t number, offset;
    struct fa_bag_line line;
};

bool fa_verify_has_bag(const char *dir)
{
    char *path = NULL;
    if (asprintf(&path, "%s/bagit.txt", dir) < 0)
        return false;
    bool has = access(path, R_OK) == 0;
    free(path);
    return has;
}

__attribute__((format(printf, 3, 4))) static void check_invalid(struct check *c, const char *path,
                                                                const char *format, ...)
{
    char why[WHY_MOST];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    fa_checker_report(&c->checker, FA_FINDING_INVALID, path, 0, why);
}

/* The path of a tag file at the top of the bag; free() it. */
static char *check_path(struct check *c, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", c->config->dir, name) >= 0)
        return path;
    fa_checker_fail(&c->checker, ENOMEM);
    return NULL;
}

static struct fa_tag_file check_open(struct check *c, const char *name)
{
    char *path = check_path(c, name);
    struct fa_tag_file file = path ? fa_tag_file_open(path) : (struct fa_tag_file){0};
    free(path);
    return file;
}

/* @return whether the rest of the bag can be checked */
static bool check_declaration(struct check *c)
{
    struct fa_error err = {0};
    struct fa_bag_declaration *d = &c->declaration;
    char *path = check_path(c, "bagit.txt");
    int read = path ? fa_bag_declare(path, d, &err) : -1;
    free(path);
    if (read) {
        check_invalid(c, "bagit.txt", "%.300s", err.msg);
        return false;
    }
    if (d->major > 1 || (d->major == 0 && d->minor < 93)) {
        check_invalid(c, "bagit.txt", "version %u.%u is not supported", d->major, d->minor);
        return false;
    }
    bool known = strcasecmp(d->encoding, "UTF-8") == 0 ||
                 strcasecmp(d->encoding, "US-ASCII") == 0 ||
                 strcasecmp(d->encoding, "ISO-8859-1") == 0;
    if (!known)
        check_invalid(c, "bagit.txt", "tag files in %s are not supported", d->encoding);
    c->rfc = fa_bag_is_rfc(d);
    return known;
}

/* Take "PREFIXALG.txt"; other files are none of this kind. */
static void kind_add(struct check *c, struct kind *kind, const char *name)
{
    size_t prefix = strlen(kind->prefix), len = strlen(name);
    struct fa_error err = {0};
    if (strncmp(name, kind->prefix, prefix) != 0 || len <= prefix + 4 ||
        strcmp(name + len - 4, ".txt") != 0)
        return;
    enum fa_hash hash = fa_hash_from_name(name + prefix, len - prefix - 4);
    if (!hash || len >= NAME_MOST || kind->n == MANIFESTS_MOST) {
        check_invalid(c, name, "digests of this algorithm cannot be checked");
        return;
    }
    struct manifest *manifest = &kind->manifests[kind->n];
    char *path = check_path(c, name);
    if (path && fa_bag_open_manifest(&manifest->bag, path, hash, c->rfc, &err) == 0) {
        memcpy(manifest->name, name, len + 1);
        ++kind->n;
    } else if (path) {
        check_invalid(c, name, "%.300s", err.msg);
    }
    free(path);
}

static int manifest_compare(const void *a, const void *b)
{
    const struct manifest *one = a, *two = b;
    return strcmp(one->name, two->name);
}

/* Open and index all manifests, in the order of their names. */
static void kind_open(struct check *c, struct kind *kind)
{
    struct fa_error err = {0};
    struct dirent *entry;
    DIR *dir = fa_folder_list(fa_store_folder(c->store)->fd);
    if (!dir) {
        fa_checker_fail(&c->checker, errno);
        return;
    }
    while ((entry = readdir(dir)))
        kind_add(c, kind, entry->d_name);
    closedir(dir);
    qsort(kind->manifests, kind->n, sizeof(*kind->manifests), manifest_compare);
    for (size_t i = 0; i < kind->n; ++i) {
        int read = 0;
        while (read == 0)
            read = fa_bag_read(&kind->manifests[i].bag, &err);
        if (read < 0)
            check_invalid(c, kind->manifests[i].name, "%.300s", err.msg);
    }
    if (kind->payload && kind->n == 0)
        check_invalid(c, "manifest-sha512.txt", "the bag has no payload manifest");
}

static void kind_close(struct kind *kind)
{
    for (size_t i = 0; i < kind->n; ++i)
        fa_bag_close(&kind->manifests[i].bag);
}

/* Whether any manifest, or each, has the path. */
static bool kind_has(const struct kind *kind, const char *path, bool each)
{
    size_t n = 0;
    for (size_t i = 0; i < kind->n; ++i)
        n += fa_bag_find(&kind->manifests[i].bag, path, strlen(path), NULL, NULL);
    return each ? n == kind->n : n > 0;
}

/* A second line of a file: before version 1.0 it was no error if it said the same. */
static void check_repeated(struct check *c, const struct listed *listed)
{
    const struct manifest *manifest = &listed->kind->manifests[listed->at];
    unsigned char first[FA_DIGEST_MAX];
    size_t size = fa_hash_size(manifest->bag.hash);
    fa_bag_find(&manifest->bag, listed->line.path, listed->line.len, first, NULL);
    if (c->rfc || memcmp(first, listed->line.digest, size) != 0)
        check_invalid(c, listed->line.path, "it is in %s twice", manifest->name);
}

/* Check a file with all manifests, unless an earlier one has it.  The file is read once for all
 * algorithms.  From version 1.0 on, each payload manifest lists each file (RFC 8493, 2.1.3). */
static void check_file(struct check *c, const struct listed *listed)
{
    const struct kind *kind = listed->kind;
    const char *path = listed->line.path;
    struct fa_digest digests[MANIFESTS_MOST];
    unsigned seen = 0;
    size_t n = 0;
    for (size_t i = 0; i < listed->at; ++i)
        if (fa_bag_find(&kind->manifests[i].bag, path, listed->line.len, NULL, NULL))
            return;
    for (size_t i = 0; i < kind->n; ++i) {
        const struct manifest *manifest = &kind->manifests[i];
        struct fa_digest *digest = &digests[n];
        if (!fa_bag_find(&manifest->bag, path, listed->line.len, digest->bytes, NULL)) {
            if (kind->payload && c->rfc)
                check_invalid(c, path, "it is not in %s", manifest->name);
        } else if (!(seen & manifest->bag.hash)) {
            digest->hash = manifest->bag.hash;
            seen |= digest->hash;
            ++n;
        }
    }
    fa_checker_check(&c->checker, path, -1, digests, n);
}

static void check_line(struct check *c, struct listed *listed, char *line, size_t len)
{
    const struct manifest *manifest = &listed->kind->manifests[listed->at];
    uint64_t first;
    if (!fa_bag_parse(&manifest->bag, line, len, &listed->line))
        check_invalid(c, manifest->name, "line %" PRIu64 " is not a digest (%s) and a path",
                      listed->number, fa_hash_name(manifest->bag.hash));
    else if (listed->kind->payload && strncmp(listed->line.path, "data/", 5) != 0)
        check_invalid(c, manifest->name, "line %" PRIu64 ": the path is not below data/",
                      listed->number);
    else if (!fa_bag_find(&manifest->bag, listed->line.path, listed->line.len, NULL, &first) ||
             first == listed->offset)
        check_file(c, listed);
    else
        check_repeated(c, listed);
}

static void check_manifest(struct check *c, struct kind *kind, size_t at)
{
    struct listed listed = {.kind = kind, .at = at};
    struct fa_tag_file file = check_open(c, kind->manifests[at].name);
    if (!file.in)
        fa_checker_report(&c->checker, FA_FINDING_UNREADABLE, kind->manifests[at].name, 0,
                          strerror(errno));
    while (fa_tag_file_next(&file) && !c->checker.failed) {
        listed.number = file.number;
        listed.offset = file.offset;
        check_line(c, &listed, file.line, file.len);
    }
    fa_tag_file_close(&file);
}

static void check_kind(struct check *c, struct kind *kind)
{
    kind_open(c, kind);
    for (size_t i = 0; i < kind->n && !c->checker.failed; ++i)
        check_manifest(c, kind, i);
}

/* A file that is not regular cannot be part of a payload. */
static void check_on_walk(void *arg, const char *path, int code)
{
    struct check *c = arg;
    int64_t size;
    if (code) {
        fa_checker_report(&c->checker, FA_FINDING_UNREADABLE, path[0] ? path : c->config->dir, 0,
                          strerror(code));
    } else if (strncmp(path, "data/", 5) == 0) {
        ++c->files;
        if (fa_folder_look(fa_store_folder(c->store), path, &size, NULL) == FA_THERE_FILE)
            c->bytes += (uint64_t)size;
        if (!kind_has(&c->payload, path, false))
            check_invalid(c, path, "it is in no payload manifest");
    }
}

static void check_payload(struct check *c)
{
    struct stat st;
    const struct fa_folder *folder = fa_store_folder(c->store);
    if (folder->fd < 0 || fstatat(folder->fd, "data", &st, AT_SYMLINK_NOFOLLOW) ||
        !S_ISDIR(st.st_mode))
        check_invalid(c, "data", "the bag has no payload folder");
    else
        fa_walk(folder, check_on_walk, c);
}

/* Of several lines the first one counts, as in bagit.py. */
static void check_oxum(struct check *c)
{
    static const char label[] = "Payload-Oxum:";
    bool old = c->declaration.major == 0 && c->declaration.minor < 96;
    const char *name = old ? "package-info.txt" : "bag-info.txt";
    struct fa_tag_file file = check_open(c, name);
    char rest;
    uint64_t bytes, files;
    while (fa_tag_file_next(&file)) {
        if (strncasecmp(file.line, label, sizeof(label) - 1) != 0)
            continue;
        if (sscanf(file.line + sizeof(label) - 1, " %" SCNu64 ".%" SCNu64 " %c", &bytes, &files,
                   &rest) != 2)
            check_invalid(c, name, "Payload-Oxum is not BYTES.FILES");
        else if (bytes != c->bytes || files != c->files)
            check_invalid(c, name,
                          "Payload-Oxum is %" PRIu64 ".%" PRIu64 ", but the payload is %" PRIu64
                          ".%" PRIu64,
                          bytes, files, c->bytes, c->files);
        break;
    }
    fa_tag_file_close(&file);
}

/* A file that is missing is a finding of the manifests. */
static void check_fetch_line(struct check *c, const struct fa_tag_file *file)
{
    struct fa_bag_fetch fetch;
    int64_t size;
    if (!fa_bag_parse_fetch(file->line, file->len, c->rfc, &fetch))
        check_invalid(c, "fetch.txt",
                      "line %" PRIu64 " is not a URL, a length and a path below data/",
                      file->number);
    else if (!kind_has(&c->payload, fetch.path, c->rfc))
        check_invalid(c, fetch.path, "it is in fetch.txt, but not in %s payload manifest",
                      c->rfc ? "each" : "any");
    else if (fetch.bytes >= 0 &&
             fa_folder_look(fa_store_folder(c->store), fetch.path, &size, NULL) == FA_THERE_FILE &&
             size != fetch.bytes)
        check_invalid(c, fetch.path, "it has %" PRId64 " bytes, not %" PRId64 " as in fetch.txt",
                      size, fetch.bytes);
}

static void check_fetch(struct check *c)
{
    struct fa_tag_file file = check_open(c, "fetch.txt");
    while (fa_tag_file_next(&file))
        check_fetch_line(c, &file);
    fa_tag_file_close(&file);
}

/* The payload comes before the tag files: a bag may have no tag manifest.  What the walk finds is
 * compared with the index of the manifests, so it comes after them. */
static void check_run(struct check *c)
{
    if (!check_declaration(c))
        return;
    check_kind(c, &c->payload);
    if (!c->checker.failed)
        check_kind(c, &c->tags);
    fa_checker_finish(&c->checker);
    if (c->checker.failed)
        return;
    check_payload(c);
    check_oxum(c);
    check_fetch(c);
}

int fa_verify_bag(const struct fa_config *config, fa_verify_handler handler, void *ctx,
                  int64_t *ret_busy, struct fa_error *err)
{
    struct fa_config own;
    struct check *c = calloc(1, sizeof(*c));
    int result = -1;
    *ret_busy = 0;
    if (!c || fa_config_copy(&own, config, err)) {
        free(c);
        return -1;
    }
    c->config = &own;
    c->checker = (struct fa_checker){.handler = handler, .ctx = ctx};
    c->payload = (struct kind){.prefix = "manifest-", .payload = true};
    c->tags = (struct kind){.prefix = "tagmanifest-"};
    c->store = fa_store_new(own.dir, NULL, true, err);
    if (c->store && fa_checker_open(&c->checker, &own, fa_store_folder(c->store), err) == 0) {
        *ret_busy = fa_store_holder(c->store);
        check_run(c);
        result = c->checker.failed ? -1 : 0;
        if (c->checker.failed && err)
            *err = c->checker.error;
    }
    fa_checker_close(&c->checker);
    kind_close(&c->payload);
    kind_close(&c->tags);
    fa_store_free(c->store);
    free(c);
    return result;
}
