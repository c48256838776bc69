#include "support/transcript.h"
#include "list/text.h"
#include "support/fail.h"
#include "support/scratch.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROW(text, transcript)                                      \
    {                                                              \
        text, sizeof(text) - 1, transcript, sizeof(transcript) - 1 \
    }

const struct fa_transcript_row fa_transcript_rows[] = {
    ROW("", "."),
    ROW("\n", "."),
    ROW("\xef\xbb\xbf", "."),
    ROW("a", "1:a|."),
    ROW("ab\n", "1:ab|."),
    ROW("a\nb\nc", "1:a|2:b|3:c|."),
    ROW("a\r\nb\r\n\r\nc\r", "1:a|2:b|4:c|."),
    ROW("a  \t\nb \r\n", "1:a|2:b|."),
    ROW("\xef\xbb\xbf"
        "a\nb",
        "1:a|2:b|."),
    ROW("\xef\xbb\xbf#x\n\xef\xbb\xbf"
        "b",
        "2:b|."),
    ROW("a\n\xef\xbb\xbf"
        "b\r\n out=c\n\xef\xbb\xbf\xef\xbb\xbf#d\n\xef\xbb\xbf",
        "1:a|2:b\n out=c|."),
    ROW("a\nhttp://h/b\xef\xbb\xbfhttp://h/c\n out=d\xef\xbb\xbfHTTP://h/e",
        "1:a|2:http://h/b|2:http://h/c\n out=d|3:HTTP://h/e|."),
    ROW("a\n\xef\xbb\xbf\xef\xbb\xbfhttp://h/b\xef\xbb\xbf\xef\xbb\xbfhttp://h/c\xef\xbb\xbf"
        "d",
        "1:a|2:http://h/b|2:http://h/c\xef\xbb\xbf"
        "d|."),
    ROW("http://h/b\xef\xbb\xbf\r\nc", "1:http://h/b|2:c|."),
    ROW("http://h/b\xef\xbb\xbf\nc", "1:http://h/b|2:c|."),
    ROW("a\nb\xef\xbb\xbf \xef\xbb\xbfhttp://h/c", "1:a|2:b|2:http://h/c|."),
    ROW("a\n\xef\xbb\xbf out=b\n", "1:a\n out=b|."),
    ROW("\"a\"\r\n  \"http://h/b\" \n out=\"c\"\n<d>\t'e'\n\"f\n\"\ng\"\n\"\"",
        "1:a|2:http://h/b\n out=\"c\"|4:d\te|5:\"f|6:\"|7:g\"|8:\"\"|."),
    ROW("\xef\xbb\xbf\r\na", "2:a|."),
    ROW("#a\n#b\nc\n#d", "3:c|."),
    ROW("\n \n\t\n  \t \r\na\n \n\n", "5:a|."),
    ROW("a\tb\nc", "1:a\tb|2:c|."),
    ROW("a\n out=b\n", "1:a\n out=b|."),
    ROW("a\n out=b\n#x\n\n  \n\tdir=c \r\nd\n e=f", "1:a\n dir=c\n out=b|7:d\n e=f|."),
    ROW("a\n #x\nb", "1:a\n #x|3:b|."),
    ROW(" out=a\nb\n", "1!:out=a|2:b|."),
    ROW(" x\n y\nb\n z", "1!:x|2!:y|3:b\n z|."),
    ROW("a\0b\nc\n o=\0", "1!:a?b|2!:c|."),
    ROW("\0\n\0", "1!:?|2!:?|."),
    ROW("a\xff\nb", "1!:a\xff|2:b|."),
    ROW("\r\r\na\r\r\n", "1!:\r|2!:a\r|."),
    ROW("\x1f", "1!:\x1f|."),
    ROW("\x1f\n\x8b", "1!:\x1f|2!:\x8b|."),
    ROW("\n\x1f\x8b", "2!:\x1f\x8b|."),
};
const size_t fa_transcript_row_count = sizeof(fa_transcript_rows) / sizeof(*fa_transcript_rows);

static void tell(struct fa_transcript *transcript, const void *data, size_t len)
{
    if (transcript->len + len >= sizeof(transcript->text))
        fa_test_fail("a list gave more than can be transcript");
    memcpy(transcript->text + transcript->len, data, len);
    transcript->len += len;
    transcript->text[transcript->len] = '\0';
}

static void tell_entry(struct fa_transcript *transcript, struct fa_entry *entry)
{
    char line[32];
    bool bad = entry->error.class != FA_CLASS_NONE;
    int len =
        snprintf(line, sizeof(line), "%llu%s:", (unsigned long long)entry->line, bad ? "!" : "");
    char *text = bad ? strdup(entry->urls[0]) : fa_text_write(entry, NULL);
    tell(transcript, line, (size_t)len);
    tell(transcript, text, strnlen(text, transcript->shown ? transcript->shown : 100));
    tell(transcript, "|", 1);
    if (bad)
        strcpy(transcript->why, entry->error.msg);
    free(text);
    fa_entry_free(entry);
}

enum fa_list_what fa_transcript_drain(struct fa_transcript *transcript, struct fa_list *list,
                                      double now)
{
    struct fa_entry *entry;
    struct fa_error err = {0};
    enum fa_list_what what;
    do {
        what = fa_list_next(list, now, &entry, &err);
        if (what == FA_LIST_ENTRY)
            tell_entry(transcript, entry);
        if (what == FA_LIST_ERROR) {
            tell(transcript, "E", 1);
            strcpy(transcript->why, err.msg);
        }
    } while (what != FA_LIST_END &&
             (what != FA_LIST_AGAIN || (fa_list_fd(list) < 0 && fa_list_wake_at(list) <= now)));
    if (what == FA_LIST_END)
        tell(transcript, ".", 1);
    return what;
}

struct fa_transcript *fa_transcript_read(const char *name)
{
    return fa_transcript_read_with(name, NULL);
}

struct fa_transcript *fa_transcript_read_with(const char *name,
                                              const struct fa_list_options *options)
{
    struct fa_error err = {0};
    struct fa_entry *entry;
    struct fa_transcript *transcript = calloc(1, sizeof(*transcript));
    struct fa_list *list = fa_list_open_with(name, options, &err);
    if (!transcript || !list)
        fa_test_fail("%s", err.msg);
    transcript->shown = options ? 1000 : 0;
    if (fa_transcript_drain(transcript, list, 1) != FA_LIST_END)
        fa_test_fail("'%s' pauses", name);
    if (fa_list_next(list, 1, &entry, NULL) != FA_LIST_END)
        fa_test_fail("the end of '%s' does not stay", name);
    fa_list_free(list);
    return transcript;
}

void fa_transcript_check(const struct fa_transcript *transcript,
                         const struct fa_transcript_row *row, const char *how)
{
    if (transcript->len != row->told_len ||
        memcmp(transcript->text, row->transcript, transcript->len) != 0)
        fa_test_fail("row %zu, %s: %s", (size_t)(row - fa_transcript_rows), how, transcript->text);
}

static struct fa_scratch scratch;
static const char *path;

void fa_transcript_begin(void)
{
    fa_scratch_init(&scratch);
    path = fa_scratch_path(&scratch, "list");
}

void fa_transcript_end(void)
{
    fa_scratch_fini(&scratch);
}

const char *fa_transcript_path(void)
{
    return path;
}

void fa_transcript_put(const void *data, size_t len)
{
    fa_scratch_write_bytes(&scratch, "list", data, len);
}

/* The bytes of a pipe arrive one by one: no step of reading may depend on how. */
static struct fa_transcript *transcript_read_pipe(const char *text, size_t len,
                                                  const struct fa_list_options *options)
{
    int fds[2];
    char name[32];
    struct fa_error err = {0};
    struct fa_transcript *transcript = calloc(1, sizeof(*transcript));
    if (!transcript || pipe(fds))
        fa_test_fail("no pipe");
    snprintf(name, sizeof(name), "/dev/fd/%d", fds[0]);
    struct fa_list *list = fa_list_open_with(name, options, &err);
    if (!list)
        fa_test_fail("%s", err.msg);
    close(fds[0]);
    transcript->shown = 1000;
    for (size_t i = 0; i < len; ++i) {
        if (write(fds[1], text + i, 1) != 1)
            fa_test_fail("the pipe is full");
        if (fa_transcript_drain(transcript, list, 1) == FA_LIST_END) {
            transcript->text[--transcript->len] = '\0'; /* The last drain ends it. */
            break;
        }
    }
    close(fds[1]);
    if (fa_transcript_drain(transcript, list, 1) != FA_LIST_END)
        fa_test_fail("the end of a pipe is none");
    fa_list_free(list);
    return transcript;
}

void fa_transcript_expect(const char *name, const char *text, const struct fa_list_options *options,
                          const char *expected, const char *why)
{
    const char *file = fa_scratch_write_bytes(&scratch, name, text, strlen(text));
    struct fa_transcript *whole = fa_transcript_read_with(file, options);
    if (strcmp(whole->text, expected) != 0)
        fa_test_fail("'%s' gave: %s (%s)", text, whole->text, whole->why);
    if (why && !strstr(whole->why, why))
        fa_test_fail("'%s': %s", text, whole->why);
    if (options && options->format) {
        struct fa_transcript *piped = transcript_read_pipe(text, strlen(text), options);
        if (strcmp(piped->text, expected) != 0)
            fa_test_fail("'%s' gave, from a pipe: %s (%s)", text, piped->text, piped->why);
        free(piped);
    }
    free(whole);
}

struct fa_transcript *fa_transcript_read_bytes(const void *data, size_t len)
{
    fa_transcript_put(data, len);
    return fa_transcript_read(path);
}
