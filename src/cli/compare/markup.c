/*
 * Escapes text in two steps: fa_term_escape() first makes control characters and invalid UTF-8
 * visible, then the characters of markup are replaced.  The text is processed in pieces of a fixed
 * size, cut between characters, so that a URL of any length needs no memory.
 *
 * Attributes are quoted with either quote, so both are replaced: the same function is right in
 * every place of a page, and no caller has to choose.
 */
#include "cli/compare/markup.h"

#include <math.h>
#include <string.h>

#include "cli/term.h"
#include "cli/units.h"
#include "base/utf8.h"

void fa_markup_char(FILE *out, char c)
{
    switch (c) {
    case '&':
        fputs("&amp;", out);
        break;
    case '<':
        fputs("&lt;", out);
        break;
    case '>':
        fputs("&gt;", out);
        break;
    case '"':
        fputs("&quot;", out);
        break;
    case '\'':
        fputs("&#39;", out);
        break;
    default:
        fputc(c, out);
    }
}

void fa_markup_text(FILE *out, const char *text)
{
    while (*text) {
        /* A character of four bytes becomes at most 16, as \xNN for each byte. */
        char piece[5] = "";
        char safe[24];
        uint32_t code = 0;
        size_t len = fa_utf8_decode(text, &code);
        memcpy(piece, text, len ? len : 1);
        text += len ? len : 1;
        fa_term_escape(piece, safe, sizeof(safe));
        for (const char *c = safe; *c; ++c)
            fa_markup_char(out, *c);
    }
}

static const char *markup_unmeasured(char *buf)
{
    snprintf(buf, FA_MARKUP_MAX, "not measured");
    return buf;
}

/* The number of decimals for three significant digits.  The limits are where rounding adds one. */
static int value_decimals(double value)
{
    double size = fabs(value);
    return size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
}

/* Times below one second are shown in milliseconds; 0.9995 s would be shown as 1000 ms. */
static double seconds_scale(double seconds, const char **ret_unit)
{
    bool small = fabs(seconds) < 0.9995 && seconds != 0;
    *ret_unit = small ? "ms" : "s";
    return small ? 1000 : 1;
}

const char *fa_markup_seconds(double seconds, char buf[FA_MARKUP_MAX])
{
    if (!isfinite(seconds))
        return markup_unmeasured(buf);
    const char *unit;
    double value = seconds * seconds_scale(seconds, &unit);
    snprintf(buf, FA_MARKUP_MAX, "%.*f %s", value_decimals(value), value, unit);
    return buf;
}

const char *fa_markup_estimate(const struct fa_estimate *seconds, char buf[FA_MARKUP_MAX])
{
    if (!isfinite(seconds->low) || !isfinite(seconds->high))
        return fa_markup_seconds(seconds->median, buf);
    if (!isfinite(seconds->median))
        return markup_unmeasured(buf);
    const char *unit;
    /* The median decides the unit and the decimals of all three, so that they can be compared. */
    double scale = seconds_scale(seconds->median, &unit);
    int digits = value_decimals(seconds->median * scale);
    snprintf(buf, FA_MARKUP_MAX, "%.*f %s (%.*f to %.*f)", digits, seconds->median * scale, unit,
             digits, seconds->low * scale, digits, seconds->high * scale);
    return buf;
}

const char *fa_markup_ratio(const struct fa_estimate *ratio, char buf[FA_MARKUP_MAX])
{
    if (!isfinite(ratio->median))
        return markup_unmeasured(buf);
    int digits = value_decimals(ratio->median);
    if (!isfinite(ratio->low) || !isfinite(ratio->high))
        snprintf(buf, FA_MARKUP_MAX, "%.*f", digits, ratio->median);
    else
        snprintf(buf, FA_MARKUP_MAX, "%.*f (%.*f to %.*f)", digits, ratio->median, digits,
                 ratio->low, digits, ratio->high);
    return buf;
}

const char *fa_markup_bytes(double bytes, char buf[FA_MARKUP_MAX])
{
    char text[FA_UNITS_MAX];
    if (!isfinite(bytes))
        return markup_unmeasured(buf);
    snprintf(buf, FA_MARKUP_MAX, "%s", fa_units_bytes(bytes, text));
    return buf;
}

const char *fa_markup_rate(double bytes_per_second, char buf[FA_MARKUP_MAX])
{
    char text[FA_UNITS_MAX];
    if (!isfinite(bytes_per_second))
        return markup_unmeasured(buf);
    snprintf(buf, FA_MARKUP_MAX, "%s/s", fa_units_bytes(bytes_per_second, text));
    return buf;
}

const char *fa_markup_count(double count, char buf[FA_MARKUP_MAX])
{
    char digits[32];
    if (!isfinite(count) || count < 0 || count > 1e18)
        return markup_unmeasured(buf);
    size_t n = (size_t)snprintf(digits, sizeof(digits), "%.0f", count);
    char *out = buf;
    for (size_t i = 0; i < n; ++i) {
        if (i && (n - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return buf;
}

const char *fa_markup_number(double number, char buf[FA_MARKUP_MAX])
{
    if (!isfinite(number))
        return markup_unmeasured(buf);
    if (number >= 1000)
        return fa_markup_count(number, buf);
    snprintf(buf, FA_MARKUP_MAX, "%.*f", value_decimals(number), number);
    return buf;
}

const char *fa_markup_share(double share, char buf[FA_MARKUP_MAX])
{
    if (!isfinite(share))
        return markup_unmeasured(buf);
    /* "0.0 %" would say that nothing failed. */
    if (share > 0 && share < 0.0005)
        snprintf(buf, FA_MARKUP_MAX, "below 0.1 %%");
    else
        snprintf(buf, FA_MARKUP_MAX, "%.*f %%", share == 0 || share >= 0.0995 ? 0 : 1, share * 100);
    return buf;
}
