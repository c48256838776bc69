#include "truth.h"

#include "fail.h"
#include "pattern.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PIECE 65536

static EVP_MD_CTX *sha256_begin(void)
{
    EVP_MD_CTX *sha256 = EVP_MD_CTX_new();
    if (!sha256 || EVP_DigestInit_ex(sha256, EVP_sha256(), NULL) != 1) {
        fa_test_fail("cannot hash");
    }
    return sha256;
}

static void sha256_end(EVP_MD_CTX *sha256, char hex[FA_SHA256_HEX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len;
    EVP_DigestFinal_ex(sha256, digest, &len);
    EVP_MD_CTX_free(sha256);
    for (unsigned i = 0; i < len; i++) {
        snprintf(hex + 2 * (size_t)i, 3, "%02x", digest[i]);
    }
}

static FILE *open_file(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        fa_test_fail("cannot read \"%s\": %s", path, strerror(errno));
    }
    return file;
}

void fa_truth_sha256_file(const char *path, char hex[FA_SHA256_HEX])
{
    EVP_MD_CTX *sha256 = sha256_begin();
    FILE *file = open_file(path);
    unsigned char piece[PIECE];
    size_t got;
    while ((got = fread(piece, 1, sizeof(piece), file)) > 0) {
        EVP_DigestUpdate(sha256, piece, got);
    }
    fclose(file);
    sha256_end(sha256, hex);
}

void fa_truth_sha256_pattern(const char *seed, uint64_t size, char hex[FA_SHA256_HEX])
{
    EVP_MD_CTX *sha256 = sha256_begin();
    uint64_t key = fa_pattern_key(seed);
    unsigned char piece[PIECE];
    for (uint64_t at = 0; at < size;) {
        size_t len = size - at < sizeof(piece) ? (size_t)(size - at) : sizeof(piece);
        fa_pattern_fill_key(key, at, piece, len);
        EVP_DigestUpdate(sha256, piece, len);
        at += len;
    }
    sha256_end(sha256, hex);
}

/* Compares byte for byte, so that a failure can say where. */
static void compare(const char *path, const char *seed, uint64_t size)
{
    FILE *file = open_file(path);
    uint64_t key = fa_pattern_key(seed);
    unsigned char is[PIECE];
    unsigned char must[PIECE];
    uint64_t at = 0;
    size_t got;
    while ((got = fread(is, 1, sizeof(is), file)) > 0) {
        fa_pattern_fill_key(key, at, must, got);
        for (size_t i = 0; i < got; i++) {
            if (is[i] != must[i]) {
                fa_test_fail("\"%s\" differs from the pattern of \"%s\" at offset %" PRIu64, path,
                             seed, at + i);
            }
        }
        at += got;
    }
    fclose(file);
    if (at != size) {
        fa_test_fail("\"%s\" has %" PRIu64 " bytes read, not %" PRIu64, path, at, size);
    }
}

void fa_expect_file(const char *dir, const char *name, const char *seed, uint64_t size)
{
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (lstat(path, &st) != 0) {
        fa_test_fail("there is no \"%s\": %s", path, strerror(errno));
    }
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != size) {
        fa_test_fail("\"%s\" has mode %o and %lld bytes, not %" PRIu64, path, (unsigned)st.st_mode,
                     (long long)st.st_size, size);
    }
    compare(path, seed, size);
}

void fa_expect_no_file(const char *dir, const char *name)
{
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (lstat(path, &st) == 0) {
        fa_test_fail("there is \"%s\", which must not be", path);
    }
}

/* Counts below DIR; with a table, fails at a name that is not in it. PREFIX is "" or "folder/". */
static size_t walk(const char *dir, const char *prefix, const struct fa_truth *files, size_t count)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", dir, prefix);
    DIR *folder = opendir(path);
    if (!folder) {
        fa_test_fail("cannot read \"%s\": %s", path, strerror(errno));
    }
    size_t found = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            (!*prefix && strcmp(entry->d_name, ".fetchall") == 0)) {
            continue;
        }
        char name[PATH_MAX];
        snprintf(name, sizeof(name), "%s%s", prefix, entry->d_name);
        struct stat st;
        if (fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(st.st_mode)) {
            strncat(name, "/", sizeof(name) - strlen(name) - 1);
            found += walk(dir, name, files, count);
            continue;
        }
        found++;
        bool known = !files;
        for (size_t i = 0; i < count && !known; i++) {
            known = strcmp(files[i].name, name) == 0;
        }
        if (!known) {
            fa_test_fail("there is \"%s\" in \"%s\", which must not be", name, dir);
        }
    }
    closedir(folder);
    return found;
}

void fa_expect_files(const char *dir, const struct fa_truth *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fa_expect_file(dir, files[i].name, files[i].seed, files[i].size);
    }
    walk(dir, "", files, count);
}

static bool is_state(const char *name)
{
    return strcmp(name, "state.db") == 0 || strcmp(name, "state.db-wal") == 0 ||
           strcmp(name, "state.db-shm") == 0;
}

void fa_expect_parts(const char *dir, size_t count)
{
    char path[PATH_MAX];
    size_t found = 0;
    snprintf(path, sizeof(path), "%s/.fetchall", dir);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        size_t len = strlen(entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            is_state(entry->d_name)) {
            continue;
        }
        if (len < 5 || strcmp(entry->d_name + len - 5, ".part") != 0) {
            fa_test_fail("there is \"%s\" in \"%s\", which must not be", entry->d_name, path);
        }
        found++;
    }
    if (folder) {
        closedir(folder);
    }
    if (found != count) {
        fa_test_fail("there are %zu parts in \"%s\", not %zu", found, path, count);
    }
}

size_t fa_truth_count_files(const char *dir)
{
    return walk(dir, "", NULL, 0);
}
