/*
 * One row per library, with the same three functions.  A library reports in its own way that data
 * was cut: zlib and zstd do not know the end of the input, so it is an error here if the input ends
 * while they are inside a member or frame and make no progress; liblzma is told by LZMA_FINISH.
 *
 * The dictionary of xz and zstd may be gigabytes, if the file says so: both are limited.
 */
#include "list/unpack.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* zlib: expect a gzip header. */
#define GZIP_BITS (15 + 16)

/* log2 of FA_UNPACK_MEMORY. */
#define ZSTD_WINDOW_LOG 27

/* Bytes at the start of a frame: the magic number and the descriptor (RFC 8878, 3.1.1). */
#define ZSTD_START 5
/* Bytes of the header of a block. */
#define ZSTD_HEADER 3

struct fa_unpack {
    const struct fa_unpack_method *method;
    bool inside; /* Inside a member or frame. */
    bool more;   /* The last output buffer was full. */
    union {
        z_stream gzip;
        lzma_stream xz;
        struct {
            ZSTD_DStream *stream;
            size_t next; /* Bytes that it asks for: a block and the header of the next one. */
        } zstd;
    } u;
};

struct fa_unpack_method {
    const char *name;
    const char *magic;
    size_t magic_len;
    bool (*begin)(struct fa_unpack *unpack);
    enum fa_unpack_what (*step)(struct fa_unpack *unpack, struct fa_unpack_in *in,
                                struct fa_unpack_out *out, bool ended);
    void (*end)(struct fa_unpack *unpack);
};

static bool gzip_begin(struct fa_unpack *unpack)
{
    return inflateInit2(&unpack->u.gzip, GZIP_BITS) == Z_OK;
}

/* Every row has an end of its own, as each library allocates in its own way. */
static void gzip_end(struct fa_unpack *unpack)
{
    inflateEnd(&unpack->u.gzip);
}

/* Padding is skipped between members only: inside of one, zeros are data. */
static enum fa_unpack_what gzip_step(struct fa_unpack *unpack, struct fa_unpack_in *in,
                                     struct fa_unpack_out *out, bool ended)
{
    z_stream *z = &unpack->u.gzip;
    if (!unpack->inside) {
        /* A member may be followed by padding, as on tapes, or by another member. */
        for (; in->len > 0 && *in->at == 0; --in->len)
            ++in->at;
        if (in->len == 0)
            return ended ? FA_UNPACK_END : FA_UNPACK_SOME;
        inflateReset(z);
        unpack->inside = true;
    }
    z->next_in = (Bytef *)in->at;
    z->avail_in = (uInt)in->len;
    z->next_out = out->at;
    z->avail_out = (uInt)out->len;
    int rc = inflate(z, Z_NO_FLUSH);
    *in = (struct fa_unpack_in){z->next_in, z->avail_in};
    *out = (struct fa_unpack_out){z->next_out, z->avail_out};
    if (rc == Z_STREAM_END)
        unpack->inside = false;
    else if (rc == Z_MEM_ERROR)
        return FA_UNPACK_NO_MEMORY;
    else if (rc != Z_OK && rc != Z_BUF_ERROR)
        return FA_UNPACK_CORRUPT;
    return FA_UNPACK_SOME;
}

/* LZMA_CONCATENATED: several streams, with padding between them. */
static bool xz_begin(struct fa_unpack *unpack)
{
    unpack->u.xz = (lzma_stream)LZMA_STREAM_INIT;
    return lzma_stream_decoder(&unpack->u.xz, FA_UNPACK_MEMORY, LZMA_CONCATENATED) == LZMA_OK;
}

static void xz_end(struct fa_unpack *unpack)
{
    lzma_end(&unpack->u.xz);
}

/* LZMA_BUF_ERROR is no error in itself: it means that this call made no progress, which is normal
 * while more input is to come. */
static enum fa_unpack_what xz_step(struct fa_unpack *unpack, struct fa_unpack_in *in,
                                   struct fa_unpack_out *out, bool ended)
{
    lzma_stream *xz = &unpack->u.xz;
    xz->next_in = in->at;
    xz->avail_in = in->len;
    xz->next_out = out->at;
    xz->avail_out = out->len;
    lzma_ret rc = lzma_code(xz, ended ? LZMA_FINISH : LZMA_RUN);
    *in = (struct fa_unpack_in){xz->next_in, xz->avail_in};
    *out = (struct fa_unpack_out){xz->next_out, xz->avail_out};
    switch (rc) {
    case LZMA_OK:
        return FA_UNPACK_SOME;
    case LZMA_STREAM_END:
        unpack->inside = false;
        return FA_UNPACK_END;
    case LZMA_BUF_ERROR:
        return ended && out->len > 0 ? FA_UNPACK_CUT : FA_UNPACK_SOME;
    case LZMA_MEM_ERROR:
        return FA_UNPACK_NO_MEMORY;
    case LZMA_MEMLIMIT_ERROR:
        return FA_UNPACK_LARGE;
    default:
        return FA_UNPACK_CORRUPT;
    }
}

/* The limit of the window bounds the memory, whatever the frame claims. */
static bool zstd_begin(struct fa_unpack *unpack)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    unpack->u.zstd.stream = stream;
    unpack->u.zstd.next = ZSTD_START;
    if (stream &&
        !ZSTD_isError(ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG)))
        return true;
    ZSTD_freeDStream(stream);
    return false;
}

static void zstd_end(struct fa_unpack *unpack)
{
    ZSTD_freeDStream(unpack->u.zstd.stream);
}

/* "Too large" is told apart, because the user can do something about it. */
static enum fa_unpack_what zstd_error(size_t rc)
{
    switch (ZSTD_getErrorCode(rc)) {
    case ZSTD_error_memory_allocation:
        return FA_UNPACK_NO_MEMORY;
    case ZSTD_error_frameParameter_windowTooLarge:
        return FA_UNPACK_LARGE;
    default:
        return FA_UNPACK_CORRUPT;
    }
}

/* 0 of ZSTD_decompressStream() is the end of a frame; the next call begins another one.  After an
 * error it does not say what it wrote, so each call gets a block or a header, or none while some
 * output is left: then what precedes a corrupt block is known, however the bytes arrived. */
static enum fa_unpack_what zstd_step(struct fa_unpack *unpack, struct fa_unpack_in *in,
                                     struct fa_unpack_out *out, bool ended)
{
    if (!unpack->inside && in->len == 0)
        return ended ? FA_UNPACK_END : FA_UNPACK_SOME;
    bool more = unpack->more;
    do {
        size_t next = more ? 0 : unpack->u.zstd.next;
        next -= next > ZSTD_HEADER ? ZSTD_HEADER : 0;
        ZSTD_inBuffer from = {in->at, in->len < next ? in->len : next, 0};
        ZSTD_outBuffer to = {out->at, out->len, 0};
        size_t rc = ZSTD_decompressStream(unpack->u.zstd.stream, &to, &from);
        if (ZSTD_isError(rc))
            return zstd_error(rc);
        *in = (struct fa_unpack_in){in->at + from.pos, in->len - from.pos};
        *out = (struct fa_unpack_out){out->at + to.pos, out->len - to.pos};
        unpack->inside = rc != 0;
        unpack->u.zstd.next = rc ? rc : ZSTD_START;
        more = false;
    } while (in->len > 0 && out->len > 0);
    return FA_UNPACK_SOME;
}

static const struct fa_unpack_method methods[] = {
    {"gzip", "\x1f\x8b", 2, gzip_begin, gzip_step, gzip_end},
    {"xz",
     "\xfd"
     "7zXZ\0",
     6, xz_begin, xz_step, xz_end},
    {"zstd", "\x28\xb5\x2f\xfd", 4, zstd_begin, zstd_step, zstd_end},
};

/* A pipe may deliver one byte at a time, so a matching beginning asks for more before it
 * decides. */
const struct fa_unpack_method *fa_unpack_detect(const unsigned char *at, size_t len, bool ended,
                                                bool *ret_more)
{
    *ret_more = len == 0 && !ended;
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods) && len > 0; ++i) {
        const struct fa_unpack_method *method = &methods[i];
        size_t compared = len < method->magic_len ? len : method->magic_len;
        if (memcmp(at, method->magic, compared) != 0)
            continue;
        if (compared == method->magic_len)
            return method;
        *ret_more = !ended;
    }
    return NULL;
}

const char *fa_unpack_name(const struct fa_unpack *unpack)
{
    return unpack->method->name;
}

/* It starts inside: a list that ends before its first member was cut. */
struct fa_unpack *fa_unpack_new(const struct fa_unpack_method *method)
{
    struct fa_unpack *unpack = calloc(1, sizeof(*unpack));
    if (!unpack)
        return NULL;
    unpack->method = method;
    unpack->inside = true;
    if (method->begin(unpack))
        return unpack;
    free(unpack);
    return NULL;
}

void fa_unpack_free(struct fa_unpack *unpack)
{
    if (!unpack)
        return;
    unpack->method->end(unpack);
    free(unpack);
}

/* No progress at the end of the input can only mean that something is missing. */
enum fa_unpack_what fa_unpack_step(struct fa_unpack *unpack, struct fa_unpack_in *in,
                                   struct fa_unpack_out *out, bool ended)
{
    struct fa_unpack_in in_before = *in;
    struct fa_unpack_out out_before = *out;
    enum fa_unpack_what what = unpack->method->step(unpack, in, out, ended);
    unpack->more = what == FA_UNPACK_SOME && out->len == 0;
    bool stuck = in->len == in_before.len && out->len == out_before.len;
    return what == FA_UNPACK_SOME && ended && stuck && unpack->inside ? FA_UNPACK_CUT : what;
}

/* Then the next step needs no input, and reading some would block on a pipe for nothing. */
bool fa_unpack_has_more(const struct fa_unpack *unpack)
{
    return unpack->more;
}
