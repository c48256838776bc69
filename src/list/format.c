/*
 * A list has no name or type that tells its format: it may be a pipe.  So each format looks at the
 * first bytes, in the order of the table.  The text format is the last one, because it accepts any
 * bytes: it turns what it does not understand into bad entries.
 */
#include "list/format.h"

static const struct fa_format *const all_formats[] = {
    &fa_format_packed,
    &fa_format_binary,
    &fa_format_text,
    NULL,
};

/* A format that needs more bytes stops the search: a later one must not take a list that could be
 * its. */
const struct fa_format *fa_format_detect(const struct fa_format *const *formats, const char *at,
                                         size_t len, bool ended)
{
    const struct fa_format *const *format = formats ? formats : all_formats;
    for (; format[1]; ++format) {
        enum fa_format_match match = (*format)->detect(at, len, ended);
        if (match == FA_FORMAT_YES)
            break;
        if (match == FA_FORMAT_MORE && !ended)
            return NULL;
    }
    return *format;
}
