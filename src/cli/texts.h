/**
 * A growing array of texts.
 */
#ifndef FETCHALL_CLI_TEXTS_H
#define FETCHALL_CLI_TEXTS_H

#include <stddef.h>

/** All zero: empty. */
struct fa_texts {
    char **items; /**< Owned, each of them too. */
    size_t count;
};

/** Append a copy of len bytes, with a zero behind them.  @return 0, or -1 when memory ran out. */
int fa_texts_add(struct fa_texts *texts, const char *text, size_t len);

void fa_texts_fini(struct fa_texts *texts);

#endif
