#include "list/format.h"

static const struct fa_format *const all_formats[] = {
    &fa_format_packed,
    &fa_format_text,
    NULL,
};

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
