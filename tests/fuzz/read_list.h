#ifndef FETCHALL_FUZZ_READ_LIST_H
#define FETCHALL_FUZZ_READ_LIST_H

/* For fuzzers: a list gives the same entries as a file and as a pipe that is fed in pieces; it
 * ends, and what it gives survives being packed. */

#undef NDEBUG
#include "list/list.h"
#include "list/packed.h"
#include "list/text.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What was told, as a sum (FNV-1a). */
static inline uint64_t add(uint64_t sum, const void *data, size_t len)
{
    for (size_t i = 0; i < len; ++i)
        sum = (sum ^ ((const unsigned char *)data)[i]) * 0x100000001b3u;
    return sum;
}

static inline void check_packed(const struct fa_entry *entry)
{
    struct fa_buf one, two;
    fa_buf_init(&one);
    fa_buf_init(&two);
    fa_entry_pack(entry, NULL, &one);
    assert(!one.failed && !memchr(one.data, '\n', one.len));
    struct fa_entry *copy = fa_entry_unpack("list", 1, (const char *)one.data, one.len, NULL);
    assert(copy && copy->error.class == FA_CLASS_NONE);
    fa_entry_pack(copy, NULL, &two);
    assert(one.len == two.len && memcmp(one.data, two.data, one.len) == 0);
    fa_entry_free(copy);
    fa_buf_fini(&one);
    fa_buf_fini(&two);
}

static inline uint64_t add_entry(uint64_t sum, struct fa_entry *entry)
{
    assert(entry && entry->n_urls >= 1);
    bool bad = entry->error.class != FA_CLASS_NONE;
    assert(!bad || (entry->error.class == FA_CLASS_BAD_URL && entry->error.msg[0]));
    if (!bad)
        check_packed(entry);
    sum = add(sum, &entry->line, sizeof(entry->line));
    char *text = bad ? strdup(entry->urls[0]) : fa_text_write(entry, NULL);
    assert(text);
    sum = add(sum, text, strlen(text));
    sum = add(sum, entry->error.msg, strlen(entry->error.msg) + 1);
    free(text);
    fa_entry_free(entry);
    return sum;
}

/* Read until the source pauses or ends. */
static inline bool drain(struct fa_list *list, uint64_t *sum)
{
    struct fa_entry *entry;
    struct fa_error err = {0};
    uint64_t last = 0;
    for (;;) {
        switch (fa_list_next(list, 1, &entry, &err)) {
        case FA_LIST_ENTRY:
            assert(entry->line >= last); /* a line may be split at a byte order mark */
            last = entry->line;
            *sum = add_entry(*sum, entry);
            break;
        case FA_LIST_ERROR:
            assert(err.class == FA_CLASS_LOCAL_IO || err.class == FA_CLASS_BAD_URL);
            assert(err.msg[0]);
            *sum = add(*sum, "E", 1);
            break;
        case FA_LIST_END:
            return true;
        case FA_LIST_AGAIN:
            if (fa_list_fd(list) >= 0)
                return false;
            assert(fa_list_wake_at(list) <= 1);
            break;
        }
    }
}

static inline uint64_t read_file(const uint8_t *data, size_t len,
                                 const struct fa_list_options *options)
{
    uint64_t sum = 0;
    char name[32];
    int fd = memfd_create("list", MFD_CLOEXEC);
    assert(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    struct fa_list *list = fa_list_open_with(name, options, NULL);
    assert(list);
    assert(drain(list, &sum));
    fa_list_free(list);
    close(fd);
    return sum;
}

static inline uint64_t read_pipe(const uint8_t *data, size_t len, size_t step,
                                 const struct fa_list_options *options)
{
    uint64_t sum = 0;
    char name[32];
    int fds[2];
    assert(pipe(fds) == 0);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[0]);
    struct fa_list *list = fa_list_open_with(name, options, NULL);
    assert(list);
    for (size_t at = 0; at < len;) {
        size_t n = step < len - at ? step : len - at;
        assert(write(fds[1], data + at, n) == (ssize_t)n);
        at += n;
        if (drain(list, &sum))
            break; /* corrupt */
    }
    close(fds[1]);
    assert(drain(list, &sum));
    fa_list_free(list);
    close(fds[0]);
    return sum;
}

/* The first byte is how many bytes of the others a pipe gets at once. */
static inline void check_list(const uint8_t *data, size_t len,
                              const struct fa_list_options *options)
{
    if (len < 1)
        return;
    size_t step = data[0] ? data[0] : 4096;
    uint64_t sum = read_file(data + 1, len - 1, options);
    assert(read_pipe(data + 1, len - 1, step, options) == sum);
}

#endif
