/*
 * Errors are located as compilers do it: "FILE:LINE: ".
 */
#include "cli/place.h"

#include <stddef.h>

#include <fetchall/session.h>

#include "cli/term.h"

const char *fa_place_list(const char *list)
{
    return list && !fa_list_is_url(list) ? list : NULL;
}

void fa_place_put(FILE *out, const char *list, uint64_t line)
{
    list = fa_place_list(list);
    if (!list)
        return;
    fa_term_put(out, list);
    if (line)
        fprintf(out, ":%llu", (unsigned long long)line);
    fputs(": ", out);
}

void fa_place_put_entry(FILE *out, const char *list, uint64_t line, const char *url)
{
    if (fa_place_list(list) && line == 0)
        return;
    fa_place_put(out, list, line);
    fa_term_put(out, url ? url : "?");
    fputs(": ", out);
}
