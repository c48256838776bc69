/*
 * A program that was compiled with an earlier header has a smaller struct: what it lacks keeps its
 * default.  One that was compiled with a later header has a larger struct.  If it has set a field
 * that is unknown here, the field cannot simply be ignored: the program would rely on a limit, say,
 * that nobody enforces.
 */
#include "base/sized.h"

#include <fetchall/version.h>

#include <string.h>

/* By memcpy(3), because the type of the struct is not known here (C11, 6.5p7). */
static size_t sized_size(const void *sized)
{
    size_t size;
    memcpy(&size, sized, sizeof(size));
    return size;
}

int fa_sized_check(const void *sized, size_t first, const char *name, struct fa_error *err)
{
    size_t size = sized_size(sized);
    if (size >= first)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "invalid size of struct %s: %zu, must be sizeof(struct %s)", name, size, name);
    return -1;
}

int fa_sized_get(void *to, size_t to_size, const void *from, size_t first, const char *name,
                 struct fa_error *err)
{
    const unsigned char *bytes = from;
    if (fa_sized_check(from, first, name, err))
        return -1;
    size_t size = sized_size(from);
    for (size_t i = to_size; i < size; ++i) {
        if (bytes[i] == 0)
            continue;
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "struct %s sets a field that libfetchall %s does not have", name, FA_VERSION);
        return -1;
    }
    memcpy(to, from, size < to_size ? size : to_size);
    memcpy(to, &to_size, sizeof(to_size));
    return 0;
}

/* The size is the caller's, and has to survive the copy. */
void fa_sized_put(void *to, const void *from, size_t from_size)
{
    size_t size = sized_size(to);
    size_t copied = size < from_size ? size : from_size;
    memcpy(to, from, copied);
    memset((unsigned char *)to + copied, 0, size - copied);
    memcpy(to, &size, sizeof(size));
}
