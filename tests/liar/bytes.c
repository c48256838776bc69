#include "liar/bytes.h"

#include "support/fail.h"
#include "support/pattern.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns where LEN more bytes go. */
static char *bytes_reserve(struct liar_bytes *bytes, size_t len)
{
    size_t need = bytes->len + len + 1;
    if (need > bytes->room) {
        bytes->room = need * 2;
        bytes->at = realloc(bytes->at, bytes->room);
        if (!bytes->at) {
            fa_test_fail("out of memory");
        }
    }
    char *at = bytes->at + bytes->len;
    bytes->len += len;
    bytes->at[bytes->len] = '\0';
    return at;
}

void liar_bytes_add(struct liar_bytes *bytes, const void *more, size_t len)
{
    if (len > 0) {
        memcpy(bytes_reserve(bytes, len), more, len);
    }
}

void liar_bytes_text(struct liar_bytes *bytes, const char *text)
{
    liar_bytes_add(bytes, text, strlen(text));
}

void liar_bytes_printf(struct liar_bytes *bytes, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        fa_test_fail("out of memory");
    }
    liar_bytes_add(bytes, text, (size_t)len);
    free(text);
}

void liar_bytes_pattern(struct liar_bytes *bytes, const char *seed, uint64_t from, uint64_t to)
{
    if (from < to) {
        fa_pattern_fill(seed, from, bytes_reserve(bytes, (size_t)(to - from)), (size_t)(to - from));
    }
}

void liar_bytes_fini(struct liar_bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct liar_bytes){0};
}

uint64_t liar_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

unsigned liar_below(uint64_t *state, unsigned limit)
{
    return (unsigned)(liar_random(state) % limit);
}
