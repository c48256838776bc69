/**
 * A growing array of texts.
 */
#ifndef FETCHALL_CLI_TEXTS_H
#define FETCHALL_CLI_TEXTS_H

#include <stddef.h>

/** All zero: empty. */
struct fa_texts {
    char **items; /**< Owned, and so is each of them. */
    size_t count;
};

/** Append a copy of len bytes, with a final zero.  @return 0, or -1: no memory. */
int fa_texts_add(struct fa_texts *texts, const char *text, size_t len);

void fa_texts_fini(struct fa_texts *texts);

#endif
