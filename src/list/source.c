/*
 * A list is read from a file, a pipe, or a URL given as its only entry, and decompressed if it is
 * gzip.
 *
 * The first bytes are read into a separate buffer, because they decide whether the source is gzip:
 * then they are input for zlib instead of output.  Reading is non-blocking: a pipe may be slow, and
 * the loop must go on meanwhile.
 *
 * Standard input is not switched to O_NONBLOCK: the flag belongs to the open file description,
 * which other processes may share, such as the shell.  poll(2) before each read(2) has the same
 * effect.  A regular file is always ready (poll(2)).
 */
#include "list/source.h"

#include <fetchall/session.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* zlib: expect a gzip header. */
#define GZIP_BITS (15 + 16)

enum format { FORMAT_UNKNOWN, FORMAT_PLAIN, FORMAT_GZIP };

struct gunzip {
    z_stream stream; /* fed from fa_source.in */
    bool inside;     /* inside a member */
    bool more;       /* The last output buffer was full: more may follow without input. */
};

struct fa_source {
    const char *name; /* Borrowed. */
    int fd;           /* -1: all data is in `in`. */
    bool regular;
    enum format format;
    struct gunzip gunzip; /* only with FORMAT_GZIP */
    double heard;
    int code;        /* an errno, */
    const char *why; /* or a reason without errno */

    size_t start, end; /* the used part of `in`; not with FORMAT_GZIP */
    unsigned char in[FA_SOURCE_SIZE];
};

/* A URL with any scheme, so that "ftp://..." gets an error about its scheme, not about a missing
 * file. */
bool fa_list_is_url(const char *name)
{
    size_t scheme = strspn(name, "0123456789+-."
                                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return scheme > 0 && strncmp(name + scheme, "://", 3) == 0;
}

/* A URL is a list of one line, which is complete from the beginning. */
static int source_open_url(struct fa_source *source, struct fa_error *err)
{
    size_t len = strlen(source->name);
    if (len > sizeof(source->in) || strchr(source->name, '\n')) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                     "a URL is too long, or has more than one line");
        return -1;
    }
    memcpy(source->in, source->name, len);
    source->end = len;
    source->format = FORMAT_PLAIN;
    return 0;
}

static int source_open_file(struct fa_source *source, struct fa_error *err)
{
    /* O_NONBLOCK: do not wait for a writer when opening a FIFO.  O_NOCTTY: a list that is a
     * terminal must not become the controlling one. */
    if (strcmp(source->name, "-") == 0)
        source->fd = STDIN_FILENO;
    else
        source->fd = open(source->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    struct stat st;
    if (source->fd >= 0 && (fcntl(source->fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, EBADF, "cannot open the list '%s'", source->name);
        return -1;
    }
    if (source->fd < 0 || fstat(source->fd, &st) < 0) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot open the list '%s'", source->name);
        return -1;
    }
    if (S_ISDIR(st.st_mode)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, EISDIR, "cannot open the list '%s'", source->name);
        return -1;
    }
    source->regular = S_ISREG(st.st_mode);
    return 0;
}

struct fa_source *fa_source_open(const char *name, struct fa_error *err)
{
    struct fa_source *source = calloc(1, sizeof(*source));
    if (!source) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot read the list '%s'", name);
        return NULL;
    }
    source->name = name;
    source->fd = -1;
    if ((fa_list_is_url(name) ? source_open_url(source, err) : source_open_file(source, err)) < 0)
        goto source_fail;
    return source;

source_fail:
    fa_source_free(source);
    return NULL;
}

void fa_source_free(struct fa_source *source)
{
    if (!source)
        return;
    if (source->format == FORMAT_GZIP)
        inflateEnd(&source->gunzip.stream);
    if (source->fd > STDIN_FILENO || (source->fd == STDIN_FILENO && strcmp(source->name, "-") != 0))
        close(source->fd);
    free(source);
}

/* @why  NULL: use the errno in code. */
static enum fa_source_what source_fail(struct fa_source *source, int code, const char *why)
{
    source->code = code;
    source->why = why;
    return FA_SOURCE_ERROR;
}

static enum fa_source_what source_read_input(struct fa_source *source, void *to, size_t room,
                                             double now, size_t *ret_len)
{
    struct pollfd ready = {.fd = source->fd, .events = POLLIN};
    if (!source->regular && poll(&ready, 1, 0) == 0)
        return FA_SOURCE_AGAIN;

    ssize_t len;
    do {
        len = read(source->fd, to, room);
    } while (len < 0 && errno == EINTR);
    if (len < 0 && errno == EAGAIN)
        return FA_SOURCE_AGAIN;
    if (len < 0)
        return source_fail(source, errno, NULL);
    source->heard = now;
    *ret_len = (size_t)len;
    return len > 0 ? FA_SOURCE_SOME : FA_SOURCE_END;
}

/* The bytes read so far look like gzip. */
static enum fa_source_what source_begin_gunzip(struct fa_source *source)
{
    struct gunzip *gunzip = &source->gunzip;
    if (inflateInit2(&gunzip->stream, GZIP_BITS) != Z_OK)
        return source_fail(source, ENOMEM, NULL);
    gunzip->stream.next_in = source->in;
    gunzip->stream.avail_in = (uInt)source->end;
    gunzip->inside = true;
    source->format = FORMAT_GZIP;
    return FA_SOURCE_SOME;
}

/* Read until two bytes, or a byte that cannot start gzip, determine the format. */
static enum fa_source_what source_detect(struct fa_source *source, double now)
{
    size_t len = 0;
    enum fa_source_what what = source_read_input(source, source->in + source->end,
                                                 sizeof(source->in) - source->end, now, &len);
    source->end += len;
    if (source->end >= 2 && memcmp(source->in, "\x1f\x8b", 2) == 0)
        return source_begin_gunzip(source);
    bool may_be = source->end == 0 || (source->end == 1 && source->in[0] == '\x1f');
    if (!may_be || (what == FA_SOURCE_END && source->end > 0)) {
        source->format = FORMAT_PLAIN;
        return FA_SOURCE_SOME;
    }
    return what;
}

static enum fa_source_what source_read_plain(struct fa_source *source, void *to, size_t room,
                                             double now, size_t *ret_len)
{
    size_t len = source->end - source->start;
    if (len > 0) {
        len = len < room ? len : room;
        memcpy(to, source->in + source->start, len);
        source->start += len;
        *ret_len = len;
        return FA_SOURCE_SOME;
    }
    return source->fd < 0 ? FA_SOURCE_END : source_read_input(source, to, room, now, ret_len);
}

/* Provide input for zlib.  FA_SOURCE_SOME: there is some, or none is needed. */
static enum fa_source_what source_feed_gunzip(struct fa_source *source, double now)
{
    struct gunzip *gunzip = &source->gunzip;
    if (gunzip->stream.avail_in > 0 || gunzip->more)
        return FA_SOURCE_SOME;
    size_t len = 0;
    enum fa_source_what what = source_read_input(source, source->in, sizeof(source->in), now, &len);
    if (what == FA_SOURCE_END && gunzip->inside)
        return source_fail(source, 0, "the gzip data is truncated");
    gunzip->stream.next_in = source->in;
    gunzip->stream.avail_in = (uInt)len;
    return what;
}

/* A gzip file may have several members (RFC 1952, 2.2), for example if files were concatenated.
 * Its end is valid only between members. */
static enum fa_source_what source_read_gzip(struct fa_source *source, void *to, size_t room,
                                            double now, size_t *ret_len)
{
    struct gunzip *gunzip = &source->gunzip;
    z_stream *z = &gunzip->stream;
    enum fa_source_what what = source_feed_gunzip(source, now);
    if (what != FA_SOURCE_SOME)
        return what;
    if (!gunzip->inside) {
        /* A member may be followed by padding, as on tapes, or by another member. */
        for (; z->avail_in > 0 && *z->next_in == 0; z->avail_in--)
            z->next_in++;
        if (z->avail_in == 0)
            return FA_SOURCE_SOME;
        inflateReset(z);
        gunzip->inside = true;
    }
    z->next_out = to;
    z->avail_out = (uInt)room;
    int rc = inflate(z, Z_NO_FLUSH);
    *ret_len = room - z->avail_out;
    gunzip->more = z->avail_out == 0;
    if (rc == Z_STREAM_END)
        gunzip->inside = gunzip->more = false;
    else if (rc != Z_OK && rc != Z_BUF_ERROR)
        return rc == Z_MEM_ERROR ? source_fail(source, ENOMEM, NULL)
                                 : source_fail(source, 0, "the gzip data is corrupt");
    return FA_SOURCE_SOME;
}

enum fa_source_what fa_source_read(struct fa_source *source, void *to, size_t room, double now,
                                   size_t *ret_len)
{
    *ret_len = 0;
    if (source->format == FORMAT_UNKNOWN) {
        enum fa_source_what what = source_detect(source, now);
        if (what != FA_SOURCE_SOME || source->format == FORMAT_UNKNOWN)
            return what;
    }
    return source->format == FORMAT_GZIP ? source_read_gzip(source, to, room, now, ret_len)
                                         : source_read_plain(source, to, room, now, ret_len);
}

double fa_source_heard(const struct fa_source *source)
{
    return source->heard;
}

int fa_source_fd(const struct fa_source *source)
{
    return source->fd;
}

const char *fa_source_name(const struct fa_source *source)
{
    return source->name;
}

void fa_source_explain(const struct fa_source *source, uint64_t line, struct fa_error *err)
{
    unsigned long long after = line;
    if (source->why)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                     "cannot read the list '%s' after line %llu: %s", source->name, after,
                     source->why);
    else
        fa_error_system(err, FA_CLASS_LOCAL_IO, source->code,
                        "cannot read the list '%s' after line %llu", source->name, after);
}
