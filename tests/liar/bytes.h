#ifndef FETCHALL_LIAR_BYTES_H
#define FETCHALL_LIAR_BYTES_H

/* Bytes that grow. Running out of memory fails the program. */

#include <stddef.h>
#include <stdint.h>

struct liar_bytes {
    char *at; /* with a NUL after them; NULL while there are none */
    size_t len;
    size_t room;
};

void liar_bytes_add(struct liar_bytes *bytes, const void *more, size_t len);
void liar_bytes_text(struct liar_bytes *bytes, const char *text);
void liar_bytes_printf(struct liar_bytes *bytes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The bytes FROM to TO of the pattern of SEED. */
void liar_bytes_pattern(struct liar_bytes *bytes, const char *seed, uint64_t from, uint64_t to);

void liar_bytes_fini(struct liar_bytes *bytes);

/* A number from STATE, which it moves on (splitmix64); one below LIMIT. */
uint64_t liar_random(uint64_t *state);
unsigned liar_below(uint64_t *state, unsigned limit);

#endif
