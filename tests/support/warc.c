#include "warc.h"

#include "fail.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define FILE_MAX (64u << 20)

/* Bytes of a file, with a NUL after them. */
static char *read_file(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "re");
    char *bytes = malloc(FILE_MAX + 1);
    if (!file || !bytes)
        fa_test_fail("cannot read \"%s\"", path);
    *ret_len = fread(bytes, 1, FILE_MAX, file);
    bytes[*ret_len] = '\0';
    fclose(file);
    return bytes;
}

const char *fa_warc_field(const struct fa_warc_found *record, const char *name)
{
    static char value[4096];
    size_t len = strlen(name);
    for (const char *line = record->header; *line; line = strstr(line, "\r\n") + 2)
        if (strncmp(line, name, len) == 0 && strncmp(line + len, ": ", 2) == 0) {
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + len + 2, "\r"),
                     line + len + 2);
            return value;
        }
    return NULL;
}

const char *fa_warc_payload(const struct fa_warc_found *record, size_t *ret_len)
{
    const char *end = memmem(record->block, record->len, "\r\n\r\n", 4);
    if (!end)
        fa_test_fail("the block of %s has no header", record->header);
    *ret_len = record->len - (size_t)(end + 4 - record->block);
    return end + 4;
}

static void expect_digest(const struct fa_warc_found *record, const char *name, const char *bytes,
                          size_t len)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char text[128] = "sha256:";
    unsigned size;
    const char *value = fa_warc_field(record, name);
    if (!value)
        return;
    EVP_Digest(bytes, len, digest, &size, EVP_sha256(), NULL);
    for (unsigned i = 0; i < size; ++i)
        snprintf(text + 7 + 2 * (size_t)i, 3, "%02x", digest[i]);
    if (strcmp(text, value) != 0)
        fa_test_fail("%s is not %s of\n%s", name, text, record->header);
}

static void expect_record(const struct fa_warc_found *record)
{
    static const char *const names[] = {"WARC-Type",    "WARC-Record-ID",    "WARC-Date",
                                        "Content-Type", "WARC-Block-Digest", "Content-Length"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); ++i)
        if (!fa_warc_field(record, names[i]))
            fa_test_fail("there is no %s in\n%s", names[i], record->header);
    expect_digest(record, "WARC-Block-Digest", record->block, record->len);
    bool revisit = fa_warc_field(record, "WARC-Refers-To"); /* its payload is in another record */
    if (!revisit && fa_warc_field(record, "WARC-Payload-Digest")) {
        size_t len;
        const char *payload = fa_warc_payload(record, &len);
        expect_digest(record, "WARC-Payload-Digest", payload, len);
    }
}

/* The record at the start of some bytes.  Returns how many of them are its own. */
static size_t parse_record(struct fa_warc_file *file, const char *bytes, size_t len)
{
    static const char version[] = "WARC/1.1\r\n";
    const char *end = memmem(bytes, len, "\r\n\r\n", 4);
    struct fa_warc_found record = {0};
    if (!end || strncmp(bytes, version, strlen(version)) != 0)
        fa_test_fail("there is no record in: %.100s", bytes);
    bytes += strlen(version);
    record.header = strndup(bytes, (size_t)(end + 2 - bytes));
    const char *length = fa_warc_field(&record, "Content-Length");
    record.len = length ? strtoul(length, NULL, 10) : 0;
    size_t before = strlen(version) + (size_t)(end + 4 - bytes);
    if (before + record.len + 4 > len || memcmp(end + 4 + record.len, "\r\n\r\n", 4) != 0)
        fa_test_fail("the length is wrong in:\n%s", record.header);
    record.block = malloc(record.len + 1);
    memcpy(record.block, end + 4, record.len);
    record.block[record.len] = '\0';
    file->records = reallocarray(file->records, file->count + 1, sizeof(record));
    file->records[file->count++] = record;
    expect_record(&record);
    return before + record.len + 4;
}

/* Returns how many bytes the member has. */
static size_t parse_member(struct fa_warc_file *file, const char *bytes, size_t len, char *room)
{
    z_stream z = {.next_in = (Bytef *)(size_t)bytes,
                  .avail_in = (uInt)len,
                  .next_out = (Bytef *)room,
                  .avail_out = FILE_MAX};
    if (inflateInit2(&z, 15 + 16) != Z_OK || inflate(&z, Z_FINISH) != Z_STREAM_END)
        fa_test_fail("a member is not complete: %s", z.msg ? z.msg : "");
    size_t used = len - z.avail_in, got = FILE_MAX - z.avail_out;
    inflateEnd(&z);
    if (parse_record(file, room, got) != got)
        fa_test_fail("a member has more than a record");
    return used;
}

void fa_warc_read(struct fa_warc_file *file, const char *path)
{
    size_t len, at = 0;
    char *bytes = read_file(path, &len), *room = malloc(FILE_MAX);
    bool gzip = strcmp(path + strlen(path) - 3, ".gz") == 0;
    *file = (struct fa_warc_file){0};
    while (at < len)
        at += gzip ? parse_member(file, bytes + at, len - at, room)
                   : parse_record(file, bytes + at, len - at);
    free(room);
    free(bytes);
}

void fa_warc_fini(struct fa_warc_file *file)
{
    for (size_t i = 0; i < file->count; ++i) {
        free(file->records[i].header);
        free(file->records[i].block);
    }
    free(file->records);
    *file = (struct fa_warc_file){0};
}
