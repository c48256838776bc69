#include "liar/round.h"

#include "support/pattern.h"
#include "support/truth.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void liar_fault_set(struct liar_fault *fault, const char *kind, const char *format, ...)
{
    if (fault->kind[0]) {
        return;
    }
    snprintf(fault->kind, sizeof(fault->kind), "%s", kind);
    va_list args;
    va_start(args, format);
    vsnprintf(fault->text, sizeof(fault->text), format, args);
    va_end(args);
}

void liar_check_errors(const char *text, struct liar_fault *fault)
{
    static const char *const signs[] = {"Sanitizer", "runtime error:", "Assertion", "core dumped"};
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        const char *at = strstr(text, signs[i]);
        if (at) {
            liar_fault_set(fault, "sanitizer", "%.3500s", at > text + 100 ? at - 100 : text);
        }
    }
}

/* Whether the entry may have been sent in gzip, which is stored as it comes. */
static bool entry_is_coded(const struct liar_entry *entry)
{
    for (size_t i = 0; i < entry->count; i++) {
        for (size_t k = 0; k < entry->answers[i].count; k++) {
            if (strstr(entry->answers[i].said[k].word->name, "coded")) {
                return true;
            }
        }
    }
    return false;
}

static bool bytes_are_truth(const struct liar_case *of, const struct liar_entry *entry,
                            const char *bytes, size_t len)
{
    char key[LIAR_TRUTH_SIZE];
    struct liar_bytes truth = {0};
    liar_truth(of, entry->id, key);
    liar_bytes_pattern(&truth, key, 0, entry->size);
    bool same = len == truth.len && (len == 0 || memcmp(bytes, truth.at, len) == 0);
    liar_bytes_fini(&truth);
    if (!same && entry_is_coded(entry)) {
        size_t size = 0;
        unsigned char *gzip = fa_pattern_gzip(key, (size_t)entry->size, &size);
        same = gzip && size == len && memcmp(gzip, bytes, len) == 0;
        free(gzip);
    }
    return same;
}

static void check_file(const struct liar_seen *seen, const char *name, struct liar_fault *fault)
{
    char path[PATH_MAX];
    struct stat st;
    unsigned id = 0;
    int end = 0;
    snprintf(path, sizeof(path), "%s/%s", seen->dir, name);
    const struct liar_entry *entry =
        sscanf(name, "f%u%n", &id, &end) == 1 && !name[end] ? liar_case_entry(seen->of, id) : NULL;
    if (!entry || lstat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        liar_fault_set(fault, "disk", "\"%s\" should not be there", name);
        return;
    }
    size_t len;
    char *bytes = fa_file_read(path, &len);
    if (!bytes_are_truth(seen->of, entry, bytes, len) && !liar_server_raced(seen->server, id)) {
        bool poison = len >= 8 && memcmp(bytes, "HTTP/1.", 7) == 0;
        liar_fault_set(fault, "wrong-bytes", "\"%s\" has %zu wrong bytes, instead of %llu%s", name,
                       len, (unsigned long long)entry->size, poison ? ": a head" : "");
    }
    free(bytes);
}

static bool report_has(const json_t *report, const char *name)
{
    size_t i;
    json_t *object;
    json_array_foreach(report, i, object)
    {
        const char *status = json_string_value(json_object_get(object, "status"));
        const char *path = json_string_value(json_object_get(object, "path"));
        if (status && path && strcmp(path, name) == 0 && strcmp(status, "failed") != 0) {
            return true;
        }
    }
    return false;
}

static void check_folder(const struct liar_seen *seen, const json_t *report,
                         struct liar_fault *fault)
{
    DIR *dir = opendir(seen->dir);
    for (struct dirent *at; dir && (at = readdir(dir));) {
        const char *name = at->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, ".fetchall") == 0) {
            continue;
        }
        check_file(seen, name, fault);
        if (report && !seen->interrupted && !report_has(report, name)) {
            liar_fault_set(fault, "disk", "\"%s\" is there, but not ok in the report", name);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

static json_t *report_parse(const char *text, struct liar_fault *fault)
{
    json_t *report = json_array();
    for (const char *end; *text; text = end + 1) {
        end = strchr(text, '\n');
        json_error_t error;
        json_t *object =
            end ? json_loadb(text, (size_t)(end - text), JSON_REJECT_DUPLICATES, &error) : NULL;
        if (!json_is_object(object)) {
            liar_fault_set(fault, "report", "a line of the report is no object: %.300s", text);
            json_decref(object);
            break;
        }
        json_array_append_new(report, object);
    }
    return report;
}

static void check_digest(const struct liar_seen *seen, const struct liar_entry *entry,
                         const json_t *object, struct liar_fault *fault)
{
    char key[LIAR_TRUTH_SIZE];
    char hex[FA_SHA256_HEX];
    const char *is =
        json_string_value(json_object_get(json_object_get(object, "digest"), "sha256"));
    fa_truth_sha256_pattern(liar_truth(seen->of, entry->id, key), entry->size, hex);
    if (!entry_is_coded(entry) && !liar_server_raced(seen->server, entry->id) &&
        (!is || strcmp(is, hex) != 0)) {
        liar_fault_set(fault, "report", "f%u has the digest %s, not %s", entry->id,
                       is ? is : "(none)", hex);
    }
}

static void check_entry(const struct liar_seen *seen, size_t index, const json_t *report,
                        struct liar_fault *fault)
{
    unsigned line = liar_list_line(seen->of, index);
    unsigned found = 0;
    size_t i;
    json_t *object;
    json_array_foreach(report, i, object)
    {
        if (json_integer_value(json_object_get(object, "line")) != line) {
            continue;
        }
        found++;
        const char *status = json_string_value(json_object_get(object, "status"));
        const char *name = json_string_value(json_object_get(object, "path"));
        struct stat st;
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", seen->dir, name ? name : "?");
        bool ok = status && strcmp(status, "ok") == 0;
        if (ok && lstat(path, &st) != 0) {
            liar_fault_set(fault, "report", "\"%s\" is ok, but not there", path);
        } else if (ok) {
            check_digest(seen, &seen->of->entries[index], object, fault);
        }
    }
    if (found > 1 || (found == 0 && !seen->interrupted)) {
        liar_fault_set(fault, "report", "the entry f%u has %u lines in the report",
                       seen->of->entries[index].id, found);
    }
}

static void check_classes(const struct liar_seen *seen, const json_t *report,
                          struct liar_fault *fault)
{
    size_t failed = 0;
    size_t integrity = 0;
    size_t i;
    json_t *object;
    json_array_foreach(report, i, object)
    {
        const char *class = json_string_value(json_object_get(object, "class"));
        const char *error = json_string_value(json_object_get(object, "error"));
        class = class ? class : "";
        /* Neither is for a server to decide. */
        if (strcmp(class, "local_io") == 0 || strcmp(class, "worker_crashed") == 0) {
            liar_fault_set(fault, class, "%s: %s",
                           json_string_value(json_object_get(object, "url")), error ? error : "");
        }
        failed += class[0] != '\0';
        integrity += strcmp(class, "integrity") == 0;
    }
    bool fits = failed == 0     ? seen->status == 0
                : integrity > 0 ? seen->status == 3
                                : seen->status == 1 || seen->status == 5;
    if (!fits && !seen->interrupted) {
        liar_fault_set(fault, "status",
                       "%zu entries failed, %zu of them by their checksum: "
                       "exit status %d",
                       failed, integrity, seen->status);
    }
}

/* Nothing has been written outside of the folder. */
static void check_beside(const struct liar_seen *seen, struct liar_fault *fault)
{
    static const char *const ours[] = {"ca.pem", "server.", "out-", "report-"};
    DIR *dir = opendir(seen->beside);
    for (struct dirent *at; dir && (at = readdir(dir));) {
        bool known = at->d_name[0] == '.' && strspn(at->d_name, ".") == strlen(at->d_name);
        for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
            known = known || strncmp(at->d_name, ours[i], strlen(ours[i])) == 0;
        }
        if (!known) {
            liar_fault_set(fault, "disk", "\"%s\" is there, outside of the folder", at->d_name);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

void liar_check(const struct liar_seen *seen, struct liar_fault *fault)
{
    json_t *report = seen->report ? report_parse(seen->report, fault) : NULL;
    check_folder(seen, report, fault);
    check_beside(seen, fault);
    for (size_t i = 0; report && i < seen->of->count; i++) {
        check_entry(seen, i, report, fault);
    }
    if (report) {
        check_classes(seen, report, fault);
    }
    json_decref(report);
}
