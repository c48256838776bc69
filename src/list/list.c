#include "list/list.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define READ_SIZE 65536
/* Fills of the buffer in one call, so that a call ends even if the list never does. */
#define FILLS_MAX 64
/* zlib's way to ask for a gzip frame. */
#define GZIP_BITS (15 + 16)

enum format { FORMAT_UNKNOWN, FORMAT_PLAIN, FORMAT_GZIP };

/* How far we got. */
enum got { GOT_SOME, GOT_NOTHING, GOT_END, GOT_ERROR };

/* What stands above the current line, so whose options could follow. */
enum above {
    ABOVE_NONE,
    ABOVE_OPEN, /* an entry that waits in list->entry */
    ABOVE_BAD,  /* one that was told of as bad: its options are dropped with it */
    ABOVE_LATE, /* one that silence has completed */
};

struct line {
    bool there; /* Read, and not used yet. */
    const char *at;
    size_t len;
    size_t used; /* Bytes of the buffer it takes up, line end included. */
    bool too_long;
};

struct gunzip {
    z_stream stream;
    bool inside; /* Not between two members. */
    bool more;   /* The last output was full: there may be more without input. */
    unsigned char in[READ_SIZE];
};

struct fa_list {
    const char *name; /* Borrowed. */
    int fd;
    bool regular;
    enum format format;
    struct gunzip *gunzip; /* Owned; NULL unless FORMAT_GZIP. */

    enum got ended; /* GOT_SOME while it has not. */
    struct fa_error error;
    bool told; /* The error has been returned. */
    double heard;
    bool waiting; /* The last call ended because the source had nothing. */
    double wake_at;
    unsigned fills;

    struct line line;
    uint64_t number;
    bool skipping; /* Inside a line that was too long. */
    enum above above;
    uint64_t entry_line;
    size_t entry_len;
    struct fa_error item_error;

    size_t start, end; /* What of buf is to be used. */
    size_t scanned;    /* Bytes behind start that hold no line end. */
    char buf[FA_LIST_LINE_MAX + READ_SIZE];
    char entry[FA_LIST_ENTRY_MAX];
};

static bool is_url(const char *name)
{
    return strncasecmp(name, "http://", 7) == 0 || strncasecmp(name, "https://", 8) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static int open_url(struct fa_list *list, struct fa_error *err)
{
    size_t len = strlen(list->name);
    if (len > FA_LIST_LINE_MAX || strchr(list->name, '\n')) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                     "the URL '%.40s...' is too long, or has more than one line", list->name);
        return -1;
    }
    memcpy(list->entry, list->name, len);
    list->entry_len = len;
    list->entry_line = list->number = 1;
    list->above = ABOVE_OPEN;
    list->ended = GOT_END;
    return 0;
}

static int open_file(struct fa_list *list, struct fa_error *err)
{
    /* O_NONBLOCK is for the opening of a FIFO that has no writer yet. */
    if (strcmp(list->name, "-") == 0)
        list->fd = STDIN_FILENO;
    else
        list->fd = open(list->name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    struct stat st;
    if (list->fd < 0 || fstat(list->fd, &st) < 0) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot open the list '%s'", list->name);
        return -1;
    }
    if (S_ISDIR(st.st_mode)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, EISDIR, "cannot open the list '%s'", list->name);
        return -1;
    }
    list->regular = S_ISREG(st.st_mode);
    return 0;
}

struct fa_list *fa_list_open(const char *name, struct fa_error *err)
{
    struct fa_list *list = calloc(1, sizeof(*list));
    if (!list) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot read the list '%s'", name);
        return NULL;
    }
    list->name = name;
    list->fd = -1;
    list->wake_at = INFINITY;
    if ((is_url(name) ? open_url(list, err) : open_file(list, err)) < 0)
        goto fail;
    return list;

fail:
    fa_list_free(list);
    return NULL;
}

void fa_list_free(struct fa_list *list)
{
    if (!list)
        return;
    if (list->gunzip)
        inflateEnd(&list->gunzip->stream);
    free(list->gunzip);
    if (list->fd > STDIN_FILENO || (list->fd == STDIN_FILENO && strcmp(list->name, "-") != 0))
        close(list->fd);
    free(list);
}

/* @why  NULL: code, an errno, says it. */
static enum got fail(struct fa_list *list, int code, const char *why)
{
    unsigned long long line = list->number;
    if (why)
        fa_error_set(&list->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "cannot read the list '%s' behind line %llu: %s", list->name, line, why);
    else
        fa_error_system(&list->error, FA_CLASS_LOCAL_IO, code,
                        "cannot read the list '%s' behind line %llu", list->name, line);
    return GOT_ERROR;
}

static enum got read_some(struct fa_list *list, void *to, size_t room, double now, size_t *ret_len)
{
    struct pollfd ready = {.fd = list->fd, .events = POLLIN};
    if (!list->regular && poll(&ready, 1, 0) == 0)
        return GOT_NOTHING;

    ssize_t len;
    do {
        len = read(list->fd, to, room);
    } while (len < 0 && errno == EINTR);
    if (len < 0 && errno == EAGAIN)
        return GOT_NOTHING;
    if (len < 0)
        return fail(list, errno, NULL);
    list->heard = now;
    *ret_len = (size_t)len;
    return len > 0 ? GOT_SOME : GOT_END;
}

/* What was read so far, too little to be more than the magic and perhaps some data, is gzip. */
static enum got begin_gunzip(struct fa_list *list)
{
    struct gunzip *gunzip = calloc(1, sizeof(*gunzip));
    if (!gunzip)
        return fail(list, ENOMEM, NULL);
    if (inflateInit2(&gunzip->stream, GZIP_BITS) != Z_OK) {
        free(gunzip);
        return fail(list, ENOMEM, NULL);
    }
    list->gunzip = gunzip;
    memcpy(gunzip->in, list->buf, list->end);
    gunzip->stream.next_in = gunzip->in;
    gunzip->stream.avail_in = (uInt)list->end;
    gunzip->inside = true;
    list->end = list->scanned = 0;
    list->format = FORMAT_GZIP;
    return GOT_SOME;
}

static enum got fill_plain(struct fa_list *list, double now)
{
    /* What begin_gunzip() may find here must fit its buffer. */
    bool first = list->format == FORMAT_UNKNOWN;
    size_t room = (first ? READ_SIZE : sizeof(list->buf)) - list->end;
    size_t len = 0;
    enum got got = read_some(list, list->buf + list->end, room, now, &len);
    list->end += len;
    bool is_magic = list->end >= 2 && memcmp(list->buf, "\x1f\x8b", 2) == 0;
    bool may_be = list->end == 0 || (list->end == 1 && list->buf[0] == '\x1f');
    if (first && is_magic)
        return begin_gunzip(list);
    if (first && !may_be)
        list->format = FORMAT_PLAIN;
    return got;
}

static enum got fill_gzip(struct fa_list *list, double now)
{
    struct gunzip *gunzip = list->gunzip;
    z_stream *z = &gunzip->stream;
    if (z->avail_in == 0 && !gunzip->more) {
        size_t len = 0;
        enum got got = read_some(list, gunzip->in, sizeof(gunzip->in), now, &len);
        if (got == GOT_END && gunzip->inside)
            return fail(list, 0, "its gzip data is cut off");
        if (got != GOT_SOME)
            return got;
        z->next_in = gunzip->in;
        z->avail_in = (uInt)len;
    }
    if (!gunzip->inside) {
        /* Behind a member come padding, as of tapes, or another member. */
        for (; z->avail_in > 0 && *z->next_in == 0; z->avail_in--)
            z->next_in++;
        if (z->avail_in == 0)
            return GOT_SOME;
        inflateReset(z);
        gunzip->inside = true;
    }
    z->next_out = (Bytef *)list->buf + list->end;
    z->avail_out = (uInt)(sizeof(list->buf) - list->end);
    int rc = inflate(z, Z_NO_FLUSH);
    list->end = sizeof(list->buf) - z->avail_out;
    gunzip->more = z->avail_out == 0;
    if (rc == Z_STREAM_END)
        gunzip->inside = gunzip->more = false;
    else if (rc != Z_OK && rc != Z_BUF_ERROR)
        return fail(list, 0, rc == Z_MEM_ERROR ? "no memory" : "its gzip data is corrupt");
    return GOT_SOME;
}

/* Get more bytes behind those in the buffer, which are less than a line may have. */
static enum got fill(struct fa_list *list, double now)
{
    if (list->fills++ == FILLS_MAX)
        return GOT_NOTHING;
    if (list->start > 0) {
        memmove(list->buf, list->buf + list->start, list->end - list->start);
        list->end -= list->start;
        list->start = 0;
    }
    enum got got = list->gunzip ? fill_gzip(list, now) : fill_plain(list, now);
    if (got == GOT_END || got == GOT_ERROR)
        list->ended = got;
    list->waiting = got == GOT_NOTHING;
    return got;
}

static void found_line(struct fa_list *list, size_t len, size_t used)
{
    struct line *line = &list->line;
    *line = (struct line){
        .there = true,
        .at = list->buf + list->start,
        .len = len,
        .used = used,
        .too_long = len > FA_LIST_LINE_MAX,
    };
    if (++list->number == 1 && len >= 3 && memcmp(line->at, "\xef\xbb\xbf", 3) == 0) {
        line->at += 3;
        line->len -= 3;
    }
    if (line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    while (line->len > 0 && is_blank(line->at[line->len - 1]))
        line->len--;
}

static void use_line(struct fa_list *list)
{
    list->start += list->line.used;
    list->scanned = 0;
    list->line.there = false;
}

/* Have the next line in list->line. */
static enum got get_line(struct fa_list *list, double now)
{
    while (!list->line.there) {
        size_t len = list->end - list->start;
        const char *at = list->buf + list->start;
        const char *lf = memchr(at + list->scanned, '\n', len - list->scanned);
        size_t used = lf ? (size_t)(lf - at) + 1 : len;
        list->scanned = len;
        if (list->skipping) {
            list->start += used;
            list->scanned = 0;
            list->skipping = !lf;
        } else if (lf) {
            found_line(list, used - 1, used);
        } else if (len > FA_LIST_LINE_MAX) {
            found_line(list, len, used);
            list->skipping = true;
        } else if (list->ended == GOT_END && len > 0) {
            found_line(list, len, used);
        }
        if (lf || list->line.there)
            continue;
        if (list->ended != GOT_SOME)
            return list->ended;
        if (fill(list, now) == GOT_NOTHING)
            return GOT_NOTHING;
    }
    return GOT_SOME;
}

static size_t shown_len(const char *text, size_t len)
{
    if (len <= FA_LIST_SHOWN_MAX)
        return len;
    len = FA_LIST_SHOWN_MAX;
    for (int i = 0; i < 3 && (text[len] & 0xc0) == 0x80; ++i)
        len--;
    return len;
}

static void deliver(struct fa_list *list, struct fa_list_item *ret, enum above above)
{
    list->above = above;
    *ret = (struct fa_list_item){
        .text = list->entry, .len = list->entry_len, .line = list->entry_line};
}

static void deliver_bad(struct fa_list *list, struct fa_list_item *ret, enum above above,
                        const char *why)
{
    deliver(list, ret, above);
    fa_error_set(&list->item_error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "%s", why);
    ret->error = &list->item_error;
}

/* Make the line the entry's text. */
static void begin_entry(struct fa_list *list)
{
    struct line *line = &list->line;
    list->entry_len = line->too_long ? shown_len(line->at, line->len) : line->len;
    list->entry_line = list->number;
    memcpy(list->entry, line->at, list->entry_len);
    use_line(list);
}

/* A line of options.  Return whether *ret is filled in. */
static bool add_option(struct fa_list *list, struct fa_list_item *ret)
{
    struct line *line = &list->line;
    const char *why = NULL;
    if (list->above == ABOVE_NONE || list->above == ABOVE_LATE) {
        bool late = list->above == ABOVE_LATE;
        begin_entry(list);
        deliver_bad(list, ret, list->above,
                    late ? "an option that came more than a second after its entry"
                         : "an option with no entry above it");
        return true;
    }
    if (list->above == ABOVE_OPEN && line->too_long)
        why = "an option's line is longer than 65536 bytes";
    else if (list->above == ABOVE_OPEN && list->entry_len + 1 + line->len > FA_LIST_ENTRY_MAX)
        why = "the entry and its options are longer than 262144 bytes";
    if (why)
        deliver_bad(list, ret, ABOVE_BAD, why);
    if (list->above == ABOVE_OPEN) {
        list->entry[list->entry_len] = '\n';
        memcpy(list->entry + list->entry_len + 1, line->at, line->len);
        list->entry_len += 1 + line->len;
    }
    use_line(list);
    return why != NULL;
}

/* Return whether *ret is filled in; then the line may still be there. */
static bool add_line(struct fa_list *list, struct fa_list_item *ret)
{
    struct line *line = &list->line;
    if (line->len == 0 || *line->at == '#') {
        use_line(list);
        return false;
    }
    if (is_blank(*line->at))
        return add_option(list, ret);
    if (list->above == ABOVE_OPEN) {
        deliver(list, ret, ABOVE_NONE);
        return true;
    }
    bool too_long = line->too_long;
    begin_entry(list);
    list->above = ABOVE_OPEN;
    if (too_long)
        deliver_bad(list, ret, ABOVE_BAD, "the line is longer than 65536 bytes");
    return too_long;
}

/* Nothing more can be read now: has the entry that waits all of its options? */
static enum fa_list_what on_pause(struct fa_list *list, double now, struct fa_list_item *ret)
{
    if (!list->waiting) {
        list->wake_at = 0;
        return FA_LIST_AGAIN;
    }
    if (list->above != ABOVE_OPEN)
        return FA_LIST_AGAIN;

    /* The line that has begun may say; a writer's buffer can end in the middle of any. */
    char next = list->start < list->end && !list->skipping ? list->buf[list->start] : '\n';
    bool entry_next = !is_blank(next) && !strchr("\n\r#", next);
    if (is_blank(next))
        return FA_LIST_AGAIN;
    if (entry_next || now - list->heard >= FA_LIST_SILENCE) {
        deliver(list, ret, ABOVE_LATE);
        return FA_LIST_ENTRY;
    }
    list->wake_at = list->heard + FA_LIST_SILENCE;
    return FA_LIST_AGAIN;
}

static enum fa_list_what on_end(struct fa_list *list, struct fa_list_item *ret,
                                struct fa_error *err)
{
    bool failed = list->ended == GOT_ERROR;
    if (list->above == ABOVE_OPEN) {
        if (failed && list->start < list->end && is_blank(list->buf[list->start]))
            deliver_bad(list, ret, ABOVE_NONE, "the list breaks off in the options of this entry");
        else
            deliver(list, ret, ABOVE_NONE);
        return FA_LIST_ENTRY;
    }
    if (!failed || list->told)
        return FA_LIST_END;
    list->told = true;
    if (err)
        *err = list->error;
    return FA_LIST_ERROR;
}

enum fa_list_what fa_list_next(struct fa_list *list, double now, struct fa_list_item *ret,
                               struct fa_error *err)
{
    list->fills = 0;
    list->waiting = false;
    list->wake_at = INFINITY;
    for (;;) {
        enum got got = get_line(list, now);
        if (got == GOT_NOTHING)
            return on_pause(list, now, ret);
        if (got != GOT_SOME)
            return on_end(list, ret, err);
        if (add_line(list, ret))
            return FA_LIST_ENTRY;
    }
}

int fa_list_fd(const struct fa_list *list)
{
    return list->waiting ? list->fd : -1;
}

double fa_list_wake_at(const struct fa_list *list)
{
    return list->wake_at;
}

const char *fa_list_name(const struct fa_list *list)
{
    return list->name;
}
