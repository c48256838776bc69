/*
 * Names of fields and types of records are those of the standard.  Lines end with CR LF, and so
 * does the header; two more of them follow the block.
 *
 * The digests are SHA-256 in hexadecimal digits, which the standard allows and the current tools of
 * Webrecorder write.
 */
#include "archive/warc.h"

#include "base/hex.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* On text, it takes two thirds of the time of the default, and makes 2 % more of it. */
#define LEVEL 4
/* Fewer bytes of a payload say nothing about the rest. */
#define TRY_MIN 4096
/* zlib: write a gzip header. */
#define GZIP_BITS (15 + 16)
#define MEMORY    8

int fa_warc_id(char ret[FA_WARC_ID])
{
    unsigned char bytes[16];
    char hex[2 * sizeof(bytes) + 1];
    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return -1;
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); /* RFC 9562, version 4 */
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    fa_hex_write(bytes, sizeof(bytes), hex);
    snprintf(ret, FA_WARC_ID, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
             hex + 16, hex + 20);
    return 0;
}

void fa_warc_hash_fini(struct fa_warc_hash *hash)
{
    EVP_MD_CTX_free(hash->block);
    EVP_MD_CTX_free(hash->payload);
    *hash = (struct fa_warc_hash){0};
}

static bool hash_begin_one(EVP_MD_CTX **ctx)
{
    *ctx = *ctx ? *ctx : EVP_MD_CTX_new();
    return *ctx && EVP_DigestInit_ex(*ctx, EVP_sha256(), NULL) == 1;
}

void fa_warc_hash_begin(struct fa_warc_hash *hash)
{
    hash->failed = !hash_begin_one(&hash->block) || !hash_begin_one(&hash->payload);
}

/* The payload is the end of the block, so its bytes are hashed twice; the file is read once. */
void fa_warc_hash_put(struct fa_warc_hash *hash, const void *data, size_t len, bool payload)
{
    hash->failed = hash->failed || EVP_DigestUpdate(hash->block, data, len) != 1 ||
                   (payload && EVP_DigestUpdate(hash->payload, data, len) != 1);
}

static bool hash_end_one(EVP_MD_CTX *ctx, char ret[FA_WARC_DIGEST])
{
    static const char name[] = "sha256:";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_DigestFinal_ex(ctx, bytes, &len) != 1 || sizeof(name) + 2u * len > FA_WARC_DIGEST)
        return false;
    memcpy(ret, name, sizeof(name));
    fa_hex_write(bytes, len, ret + sizeof(name) - 1);
    return true;
}

int fa_warc_hash_end(struct fa_warc_hash *hash, char ret_block[FA_WARC_DIGEST],
                     char ret_payload[FA_WARC_DIGEST])
{
    bool good = !hash->failed && hash_end_one(hash->block, ret_block) &&
                hash_end_one(hash->payload, ret_payload);
    ERR_clear_error();
    return good ? 0 : -1;
}

static void put_text(struct fa_buf *buf, const char *text)
{
    fa_buf_put(buf, text, strlen(text));
}

static void put_field(struct fa_buf *buf, const char *name, const char *value)
{
    if (!value || !value[0])
        return;
    put_text(buf, name);
    put_text(buf, ": ");
    put_text(buf, value);
    put_text(buf, "\r\n");
}

/* The standard has IDs in angle brackets, and targets without (since 1.1). */
static void put_id(struct fa_buf *buf, const char *name, const char *id)
{
    char value[FA_WARC_ID + 2];
    if (!id)
        return;
    snprintf(value, sizeof(value), "<%s>", id);
    put_field(buf, name, value);
}

static void put_date(struct fa_buf *buf, const char *name, int64_t date)
{
    char text[40] = "";
    struct tm tm;
    time_t at = (time_t)date;
    if (gmtime_r(&at, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
        put_field(buf, name, text);
}

/* It may have come from a worker: nothing else than an address gets into the header. */
static bool text_is_address(const char *text)
{
    return text && text[strspn(text, "0123456789abcdefABCDEF:.")] == '\0';
}

void fa_warc_put_header(struct fa_buf *buf, const struct fa_warc_record *record)
{
    char length[24];
    snprintf(length, sizeof(length), "%" PRIu64, record->length);
    put_text(buf, "WARC/1.1\r\n");
    put_field(buf, "WARC-Type", record->type);
    put_id(buf, "WARC-Record-ID", record->id);
    put_date(buf, "WARC-Date", record->date);
    put_field(buf, "WARC-Target-URI", record->url);
    put_field(buf, "WARC-IP-Address", text_is_address(record->ip) ? record->ip : NULL);
    put_id(buf, "WARC-Concurrent-To", record->concurrent);
    put_field(buf, "WARC-Filename", record->filename);
    put_field(buf, "WARC-Block-Digest", record->block_digest);
    put_field(buf, "WARC-Payload-Digest", record->payload_digest);
    put_field(buf, "WARC-Protocol", record->protocol);
    put_field(buf, "WARC-Truncated", record->truncated);
    put_field(buf, "WARC-Profile", record->profile);
    put_id(buf, "WARC-Refers-To", record->refers_to);
    put_field(buf, "WARC-Refers-To-Target-URI", record->refers_to_url);
    if (record->refers_to)
        put_date(buf, "WARC-Refers-To-Date", record->refers_to_date);
    put_field(buf, "Content-Type", record->content_type);
    put_field(buf, "Content-Length", length);
    put_text(buf, "\r\n");
}

void fa_warc_packer_fini(struct fa_warc_packer *packer)
{
    if (packer->ready)
        deflateEnd(&packer->z);
    packer->ready = false;
    fa_buf_fini(&packer->out);
}

int fa_warc_packer_begin(struct fa_warc_packer *packer)
{
    packer->tried = false;
    if (!packer->gzip)
        return 0;
    if (packer->ready)
        return deflateReset(&packer->z) == Z_OK &&
                       deflateParams(&packer->z, LEVEL, Z_DEFAULT_STRATEGY) == Z_OK
                   ? 0
                   : -1;
    packer->ready =
        deflateInit2(&packer->z, LEVEL, Z_DEFLATED, GZIP_BITS, MEMORY, Z_DEFAULT_STRATEGY) == Z_OK;
    return packer->ready ? 0 : -1;
}

/* There is no end of the output as long as its buffer was filled. */
static void packer_deflate(struct fa_warc_packer *packer, const void *data, size_t len, int flush)
{
    unsigned char chunk[16 << 10];
    packer->z.next_in = (Bytef *)data;
    packer->z.avail_in = (uInt)len;
    do {
        packer->z.next_out = chunk;
        packer->z.avail_out = sizeof(chunk);
        if (deflate(&packer->z, flush) == Z_STREAM_ERROR) {
            packer->out.failed = true;
            return;
        }
        fa_buf_put(&packer->out, chunk, sizeof(chunk) - packer->z.avail_out);
    } while (packer->z.avail_out == 0);
}

void fa_warc_packer_put(struct fa_warc_packer *packer, const void *data, size_t len)
{
    if (!packer->gzip)
        fa_buf_put(&packer->out, data, len);
    else if (len > 0)
        packer_deflate(packer, data, len, Z_NO_FLUSH);
}

/* The level can be changed only when nothing waits to be compressed. */
static void packer_store_rest(struct fa_warc_packer *packer)
{
    unsigned char chunk[64];
    packer->z.next_out = chunk;
    packer->z.avail_out = sizeof(chunk);
    if (deflateParams(&packer->z, Z_NO_COMPRESSION, Z_DEFAULT_STRATEGY) != Z_OK)
        packer->out.failed = true;
    fa_buf_put(&packer->out, chunk, sizeof(chunk) - packer->z.avail_out);
}

/* The first bytes are compressed alone, to see what they become. */
void fa_warc_packer_put_payload(struct fa_warc_packer *packer, const void *data, size_t len)
{
    uLong before = packer->z.total_out;
    if (!packer->gzip || packer->tried || len < TRY_MIN) {
        fa_warc_packer_put(packer, data, len);
        return;
    }
    packer_deflate(packer, data, len, Z_SYNC_FLUSH);
    packer->tried = true;
    if (packer->z.total_out - before > len - len / 16)
        packer_store_rest(packer);
}

/* A full flush forgets the dictionary: no byte after it refers to one before it. */
void fa_warc_packer_mark(struct fa_warc_packer *packer)
{
    if (packer->gzip)
        packer_deflate(packer, NULL, 0, Z_FULL_FLUSH);
}

void fa_warc_packer_end(struct fa_warc_packer *packer)
{
    fa_warc_packer_put(packer, FA_WARC_END, strlen(FA_WARC_END));
    if (packer->gzip)
        packer_deflate(packer, NULL, 0, Z_FINISH);
}
