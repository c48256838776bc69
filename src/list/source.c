/*
 * A list is read from a file, a pipe, or a URL given as its only entry.  Its bytes pass two stages:
 * decompression (list/unpack.h), then conversion from UTF-16 (list/utf16.h).  Both are optional,
 * and both are detected by the first bytes that arrive at them, which are therefore read into the
 * buffer of the stage: they may be its input.
 *
 * Reading is non-blocking: a pipe may be slow, and the loop must go on meanwhile.  Standard input
 * is not switched to O_NONBLOCK: the flag belongs to the open file description, which other
 * processes may share, such as the shell.  poll(2) before each read(2) has the same effect.  A
 * regular file is always ready (poll(2)).
 */
#include "list/source.h"

#include <fetchall/session.h>

#include "list/unpack.h"
#include "list/utf16.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The input of a stage. */
struct stage {
    bool detected;
    size_t start, end; /* The unused part of data. */
    unsigned char data[FA_SOURCE_SIZE];
};

struct fa_source {
    const char *name; /* Borrowed. */
    int fd;           /* -1: all data is in `raw`. */
    bool regular;
    bool at_end;               /* read(2) has returned the end. */
    enum fa_source_what ended; /* Of the first stage; FA_SOURCE_SOME while it has not. */
    struct fa_unpack *unpack;  /* NULL: not compressed. */
    enum fa_utf16 utf16;
    double heard;
    int code;     /* an errno, */
    char why[64]; /* or a reason without errno */

    struct stage raw; /* As read. */
    struct stage
        text; /* Decompressed; only what detects UTF-16, and the input of its conversion. */
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
    if (len > sizeof(source->raw.data) || strchr(source->name, '\n')) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                     "a URL is too long, or has more than one line");
        return -1;
    }
    memcpy(source->raw.data, source->name, len);
    source->raw.end = len;
    source->raw.detected = source->text.detected = true;
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

/* Nothing is read yet: standard input may have nothing for a long time. */
struct fa_source *fa_source_open(const char *name, struct fa_error *err)
{
    struct fa_source *source = calloc(1, sizeof(*source));
    if (!source) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot read the list '%s'", name);
        return NULL;
    }
    source->name = name;
    source->fd = -1;
    source->ended = FA_SOURCE_SOME;
    if ((fa_list_is_url(name) ? source_open_url(source, err) : source_open_file(source, err)) < 0)
        goto source_fail;
    return source;

source_fail:
    fa_source_free(source);
    return NULL;
}

/* Standard input belongs to the program, and is left open. */
void fa_source_free(struct fa_source *source)
{
    if (!source)
        return;
    fa_unpack_free(source->unpack);
    if (source->fd > STDIN_FILENO || (source->fd == STDIN_FILENO && strcmp(source->name, "-") != 0))
        close(source->fd);
    free(source);
}

/* Kept until fa_source_explain(), which knows the line. */
static enum fa_source_what source_fail_system(struct fa_source *source, int code)
{
    source->code = code;
    return FA_SOURCE_ERROR;
}

/* @what  The name of a compression, or of a coding. */
static enum fa_source_what source_fail(struct fa_source *source, const char *what, const char *why)
{
    snprintf(source->why, sizeof(source->why), "the %s data %s", what, why);
    return FA_SOURCE_ERROR;
}

static enum fa_source_what source_read_input(struct fa_source *source, void *to, size_t room,
                                             double now, size_t *ret_len)
{
    if (source->at_end || source->fd < 0)
        return FA_SOURCE_END;
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
        return source_fail_system(source, errno);
    source->heard = now;
    source->at_end = len == 0;
    *ret_len = (size_t)len;
    return len > 0 ? FA_SOURCE_SOME : FA_SOURCE_END;
}

/* Read more into the buffer of the first stage. */
static enum fa_source_what source_fill_raw(struct fa_source *source, double now)
{
    struct stage *raw = &source->raw;
    size_t len = 0;
    if (raw->start == raw->end)
        raw->start = raw->end = 0;
    enum fa_source_what what =
        source_read_input(source, raw->data + raw->end, sizeof(raw->data) - raw->end, now, &len);
    raw->end += len;
    return what;
}

/* Read until the bytes determine whether they are compressed. */
static enum fa_source_what source_detect_unpack(struct fa_source *source, double now)
{
    struct stage *raw = &source->raw;
    while (!raw->detected) {
        enum fa_source_what what = source_fill_raw(source, now);
        if (what == FA_SOURCE_AGAIN || what == FA_SOURCE_ERROR)
            return what;
        bool more;
        const struct fa_unpack_method *method =
            fa_unpack_detect(raw->data, raw->end, what == FA_SOURCE_END, &more);
        source->unpack = method ? fa_unpack_new(method) : NULL;
        if (method && !source->unpack)
            return source_fail_system(source, ENOMEM);
        raw->detected = !more;
    }
    return FA_SOURCE_SOME;
}

/* What was read for detection is data as well, and is handed out first. */
static size_t stage_take(struct stage *stage, void *to, size_t room)
{
    size_t len = stage->end - stage->start;
    len = len < room ? len : room;
    memcpy(to, stage->data + stage->start, len);
    stage->start += len;
    return len;
}

/* The name of the compression is in the message: the name of the list may not tell. */
static enum fa_source_what source_unpack_result(struct fa_source *source, enum fa_unpack_what what)
{
    switch (what) {
    case FA_UNPACK_SOME:
        return FA_SOURCE_SOME;
    case FA_UNPACK_END:
        return FA_SOURCE_END;
    case FA_UNPACK_CUT:
        return source_fail(source, fa_unpack_name(source->unpack), "is truncated");
    case FA_UNPACK_LARGE:
        return source_fail(source, fa_unpack_name(source->unpack), "requires too much memory");
    case FA_UNPACK_NO_MEMORY:
        return source_fail_system(source, ENOMEM);
    case FA_UNPACK_CORRUPT:
        break;
    }
    return source_fail(source, fa_unpack_name(source->unpack), "is corrupt");
}

/* Output that is left in the decompressor comes before new input. */
static enum fa_source_what source_read_packed(struct fa_source *source, void *to, size_t room,
                                              double now, size_t *ret_len)
{
    struct stage *raw = &source->raw;
    if (raw->start == raw->end && !fa_unpack_has_more(source->unpack)) {
        enum fa_source_what what = source_fill_raw(source, now);
        if (what == FA_SOURCE_AGAIN || what == FA_SOURCE_ERROR)
            return what;
    }
    struct fa_unpack_in in = {raw->data + raw->start, raw->end - raw->start};
    struct fa_unpack_out out = {to, room};
    enum fa_unpack_what what =
        fa_unpack_step(source->unpack, &in, &out, source->at_end && in.len == 0);
    raw->start = raw->end - in.len;
    *ret_len = room - out.len;
    return source_unpack_result(source, what);
}

/* The first stage: read the bytes of the list, decompressed. */
static enum fa_source_what source_read_bytes(struct fa_source *source, void *to, size_t room,
                                             double now, size_t *ret_len)
{
    *ret_len = 0;
    enum fa_source_what what = source->ended;
    if (what == FA_SOURCE_SOME)
        what = source_detect_unpack(source, now);
    if (what == FA_SOURCE_SOME && source->unpack)
        what = source_read_packed(source, to, room, now, ret_len);
    else if (what == FA_SOURCE_SOME && (*ret_len = stage_take(&source->raw, to, room)) == 0)
        what = source_read_input(source, to, room, now, ret_len);
    if (what == FA_SOURCE_END || what == FA_SOURCE_ERROR)
        source->ended = what;
    return what;
}

/* Read more into the buffer of the second stage, up to max bytes in all. */
static enum fa_source_what source_fill_text(struct fa_source *source, size_t max, double now)
{
    struct stage *text = &source->text;
    size_t len = text->end - text->start;
    memmove(text->data, text->data + text->start, len);
    text->start = 0;
    text->end = len;
    enum fa_source_what what = source_read_bytes(source, text->data + len, max - len, now, &len);
    text->end += len;
    return what;
}

/* Only four bytes are taken, so that a list without UTF-16 is read into the buffer of the caller.
 * Read until four bytes determine whether the list is UTF-16. */
static enum fa_source_what source_detect_utf16(struct fa_source *source, double now)
{
    struct stage *text = &source->text;
    while (!text->detected) {
        enum fa_source_what what = source_fill_text(source, 4, now);
        if (what == FA_SOURCE_AGAIN)
            return what;
        source->utf16 = fa_utf16_detect(text->data, text->end, what != FA_SOURCE_SOME);
        text->detected = source->utf16 != FA_UTF16_MORE;
    }
    return FA_SOURCE_SOME;
}

/* The bytes that are left are converted before more are read: a call may have had space for a part
 * of them only. */
static enum fa_source_what source_read_utf16(struct fa_source *source, void *to, size_t room,
                                             double now, size_t *ret_len)
{
    struct stage *text = &source->text;
    const unsigned char *at = text->data + text->start;
    size_t len = text->end - text->start;
    *ret_len = fa_utf16_convert(&at, &len, source->utf16 == FA_UTF16_BIG,
                                source->ended == FA_SOURCE_END, to, room);
    text->start = text->end - len;
    if (*ret_len > 0)
        return FA_SOURCE_SOME;
    if (source->ended == FA_SOURCE_END && len > 0)
        return source_fail(source, "UTF-16", "is truncated");
    if (source->ended != FA_SOURCE_SOME)
        return source->ended;
    enum fa_source_what what = source_fill_text(source, sizeof(text->data), now);
    return what == FA_SOURCE_AGAIN ? what : FA_SOURCE_SOME;
}

enum fa_source_what fa_source_read(struct fa_source *source, void *to, size_t room, double now,
                                   size_t *ret_len)
{
    *ret_len = 0;
    enum fa_source_what what = source_detect_utf16(source, now);
    if (what != FA_SOURCE_SOME)
        return what;
    if (source->utf16 != FA_UTF16_NO)
        return source_read_utf16(source, to, room, now, ret_len);
    *ret_len = stage_take(&source->text, to, room);
    return *ret_len > 0 ? FA_SOURCE_SOME : source_read_bytes(source, to, room, now, ret_len);
}

double fa_source_heard(const struct fa_source *source)
{
    return source->heard;
}

int fa_source_fd(const struct fa_source *source)
{
    return source->fd;
}

void fa_source_rename(struct fa_source *source, const char *name)
{
    source->name = name;
}

const char *fa_source_name(const struct fa_source *source)
{
    return source->name;
}

/* The line is the last good one, so that the user finds the place. */
void fa_source_explain(const struct fa_source *source, uint64_t line, struct fa_error *err)
{
    char after[40] = "";
    if (line > 0)
        snprintf(after, sizeof(after), " after line %llu", (unsigned long long)line);
    if (source->why[0])
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                     "cannot read the list '%s'%s: %s", source->name, after, source->why);
    else
        fa_error_system(err, FA_CLASS_LOCAL_IO, source->code, "cannot read the list '%s'%s",
                        source->name, after);
}
