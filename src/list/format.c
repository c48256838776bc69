/*
 * A list need not have a name or type that tells its format: it may be a pipe.  So each format
 * looks at the first bytes, in the order of the table.  The text format is the last one, because it
 * accepts any bytes: it turns what it does not understand into bad entries.
 *
 * The formats that are guessed are those that text cannot be: a guess must not take a list whose
 * first line is an entry of text.
 */
#include "list/format.h"

#include <fetchall/session.h>

#include <string.h>

static const struct fa_format *const all_formats[] = {
    &fa_format_packed,
    &fa_format_binary,
    &fa_format_sums,
    &fa_format_jsonl,
    &fa_format_csv,
    &fa_format_tsv,
    &fa_format_curl,
    &fa_format_metalink,
    &fa_format_bagit,
    &fa_format_text,
    NULL,
};

/* What the user chose, unless it is a list of one URL or one that this program wrote.
 * @return the format that the search is limited to, or FA_LIST_FORMAT_AUTO */
static enum fa_list_format look_chosen(const struct fa_format_look *look)
{
    return fa_list_is_url(look->name) ? FA_LIST_FORMAT_TEXT : look->options->format;
}

/* A format that needs more bytes stops the search: a later one must not take a list that could be
 * its. */
const struct fa_format *fa_format_detect(const struct fa_format *const *formats,
                                         const struct fa_format_look *look)
{
    const struct fa_format *const *format = formats ? formats : all_formats;
    enum fa_list_format chosen = look_chosen(look);
    for (; format[1]; ++format) {
        enum fa_format_match match;
        if (chosen && *format != &fa_format_packed)
            match = (*format)->id == chosen ? FA_FORMAT_YES : FA_FORMAT_NO;
        else
            match = (*format)->detect(look);
        if (match == FA_FORMAT_YES)
            break;
        if (match == FA_FORMAT_MORE && !look->ended)
            return NULL;
    }
    return *format;
}

static bool byte_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static const char mark[] = "\xef\xbb\xbf";

enum fa_format_match fa_format_first_byte(const struct fa_format_look *look, const char **ret,
                                          size_t *ret_len)
{
    const char *at = look->at, *end = look->at + look->len;
    while (at < end) {
        size_t left = (size_t)(end - at);
        if (byte_is_space(*at) || *at == '\n') {
            ++at;
        } else if (memcmp(at, mark, left < 3 ? left : 3) != 0) {
            *ret = at;
            *ret_len = left;
            return FA_FORMAT_YES;
        } else {
            at += left < 3 ? left : 3;
        }
    }
    return look->ended ? FA_FORMAT_NO : FA_FORMAT_MORE;
}

enum fa_format_match fa_format_first_line(const struct fa_format_look *look, const char **ret,
                                          size_t *ret_len)
{
    const char *at = look->at, *end = look->at + look->len;
    while (at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        const char *stop = lf ? lf : end;
        if (!lf && !look->ended)
            return FA_FORMAT_MORE;
        while (stop - at >= 3 && memcmp(at, mark, 3) == 0)
            at += 3;
        while (at < stop && byte_is_space(*at))
            ++at;
        while (at < stop && byte_is_space(stop[-1]))
            --stop;
        if (at < stop && *at != '#') {
            *ret = at;
            *ret_len = (size_t)(stop - at);
            return FA_FORMAT_YES;
        }
        at = lf ? lf + 1 : end;
    }
    return look->ended ? FA_FORMAT_NO : FA_FORMAT_MORE;
}
