/*
 * Memory is doubled when full, so that adding n texts copies O(n) pointers.
 */
#include "cli/texts.h"

#include <stdlib.h>
#include <string.h>

int fa_texts_add(struct fa_texts *texts, const char *text, size_t len)
{
    char *copy = strndup(text, len);
    if (!copy)
        return -1;
    /* A power of two, or none at all: the array is full. */
    if ((texts->count & (texts->count - 1)) == 0) {
        size_t room = texts->count ? 2 * texts->count : 1;
        char **items = reallocarray(texts->items, room, sizeof(*items));
        if (!items) {
            free(copy);
            return -1;
        }
        texts->items = items;
    }
    texts->items[texts->count++] = copy;
    return 0;
}

void fa_texts_fini(struct fa_texts *texts)
{
    for (size_t i = 0; i < texts->count; ++i)
        free(texts->items[i]);
    free(texts->items);
    *texts = (struct fa_texts){0};
}
