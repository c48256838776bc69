/*
 * The format of lists written by the program itself: a magic line, then one packed entry per line.
 * Unlike the text format it keeps the spaces at the end of an option.
 */
#include "list/format.h"
#include "list/packed.h"

#include <string.h>

#define MAGIC_LEN (sizeof(FA_PACKED_MAGIC "\n") - 1)

/* The first byte that differs decides: most lists are recognised as text by their first byte. */
static enum fa_format_match packed_detect(const struct fa_format_look *look)
{
    size_t compared = look->len < MAGIC_LEN ? look->len : MAGIC_LEN;
    if (memcmp(look->at, FA_PACKED_MAGIC "\n", compared) != 0)
        return FA_FORMAT_NO;
    return compared == MAGIC_LEN ? FA_FORMAT_YES : FA_FORMAT_MORE;
}

/* The magic is line 1, and is skipped as such.  A line that is too long becomes a bad entry that
 * shows its beginning. */
static enum fa_list_what packed_next(struct fa_format_reader *reader, struct fa_entry **ret,
                                     struct fa_error *err)
{
    const char *list = fa_source_name(reader->lines->source);
    struct fa_line line;
    for (;;) {
        enum fa_source_what what = fa_lines_next(reader->lines, reader->now, &line);
        if (what == FA_SOURCE_AGAIN)
            return FA_LIST_AGAIN;
        if (what != FA_SOURCE_SOME)
            return FA_LIST_END;
        if (line.number > 1 && line.len > 0)
            break;
        fa_lines_use(reader->lines);
    }
    if (line.too_long) {
        struct fa_error why;
        fa_error_set(&why, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "a packed entry is too long");
        *ret = fa_entry_bad(list, line.number, line.at, FA_LIST_SHOWN_MAX, &why, err);
    } else {
        *ret = fa_entry_unpack(list, line.number, line.at, line.len, err);
    }
    fa_lines_use(reader->lines);
    return FA_LIST_ENTRY;
}

const struct fa_format fa_format_packed = {
    .name = "packed",
    .line_max =
        2 * FA_LIST_ENTRY_MAX + 256, /* Each byte may be escaped, and the hash has its long name. */
    .detect = packed_detect,
    .next_record = packed_next,
};
