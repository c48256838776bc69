/*
 * A template is short, so it is scanned again for each entry.  Whatever can be known to be wrong
 * without an entry is found out by fa_template_check(), before the run.
 */
#include "list/template.h"

#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

#define COLUMN "column:"

static const char *const words[] = {
    [FA_TEMPLATE_NAME] = "name", [FA_TEMPLATE_STEM] = "stem",   [FA_TEMPLATE_EXT] = "ext",
    [FA_TEMPLATE_HOST] = "host", [FA_TEMPLATE_PATH] = "path",   [FA_TEMPLATE_QUERY] = "query",
    [FA_TEMPLATE_LINE] = "line", [FA_TEMPLATE_HASH8] = "hash8",
};

/* A word, or the name of a column. */
static void placeholder_read(const char *at, size_t len, struct fa_template_piece *ret)
{
    *ret = (struct fa_template_piece){FA_TEMPLATE_COLUMN, at, len};
    for (unsigned i = FA_TEMPLATE_NAME; i < sizeof(words) / sizeof(*words); ++i)
        if (strlen(words[i]) == len && memcmp(words[i], at, len) == 0)
            ret->what = (enum fa_template_what)i;
    if (len >= strlen(COLUMN) && memcmp(at, COLUMN, strlen(COLUMN)) == 0) {
        ret->at += strlen(COLUMN);
        ret->len -= strlen(COLUMN);
    }
}

/* @return why it is malformed, or NULL */
static const char *placeholder_next(const char **at, struct fa_template_piece *ret)
{
    const char *inside = *at + 1;
    size_t len = strcspn(inside, "{}");
    if (inside[len] != '}')
        return "a { without its }";
    placeholder_read(inside, len, ret);
    if (ret->len == 0)
        return "a placeholder without a name";
    if (ret->len > FA_TEMPLATE_COLUMN_MAX)
        return "the name of a column is too long";
    *at = inside + len + 1;
    return NULL;
}

bool fa_template_next(const char **at, struct fa_template_piece *ret, const char **ret_why)
{
    const char *from = *at;
    *ret_why = NULL;
    if (*from == '\0')
        return false;
    bool pair = (*from == '{' || *from == '}') && from[1] == *from;
    if (*from == '{' && !pair) {
        *ret_why = placeholder_next(at, ret);
        return !*ret_why;
    }
    if (*from == '}' && !pair) {
        *ret_why = "a } without its {";
        return false;
    }
    size_t len = pair || *from == '/' ? 1 : strcspn(from, "{}/");
    *ret =
        (struct fa_template_piece){*from == '/' ? FA_TEMPLATE_SLASH : FA_TEMPLATE_TEXT, from, len};
    *at += len + pair;
    return true;
}

/* Between two slashes: what was a folder of the template. */
static const char *component_objection(const char *at, size_t len)
{
    if (len == 0)
        return "an empty name before or after a slash";
    if ((len == 1 || len == 2) && strspn(at, ".") >= len)
        return "a folder '.' or '..'";
    return NULL;
}

/* Of the characters before the error.  @return where they end, with the reason */
static const char *text_objection(const char *text, const char **ret_why)
{
    size_t len = strlen(text);
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c = 0;
        n = fa_utf8_get(text + i, len - i, &c);
        *ret_why = n == 0 ? "a byte that is not UTF-8" : "a control byte";
        if (n == 0 || c < 0x20 || c == 0x7f)
            return text + i;
    }
    return NULL;
}

static const char *folders_objection(const char *text, const char **ret_why)
{
    for (const char *at = text;;) {
        size_t len = strcspn(at, "/");
        *ret_why = component_objection(at, len);
        if (*ret_why)
            return at;
        if (at[len] == '\0')
            return NULL;
        at += len + 1;
    }
}

int fa_template_check(const char *text, struct fa_error *err)
{
    struct fa_template_piece piece;
    const char *at = text, *why = NULL;
    while (fa_template_next(&at, &piece, &why))
        continue;
    if (!why)
        at = text_objection(text, &why);
    if (!at)
        at = folders_objection(text, &why);
    if (!at)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "'%.100s' is not a template of names: %s at position %zu (--name)", text, why,
                 (size_t)(at - text) + 1);
    return -1;
}

bool fa_template_has_column(const char *text, const char *name, size_t len)
{
    struct fa_template_piece piece;
    const char *why;
    while (text && fa_template_next(&text, &piece, &why))
        if (piece.what == FA_TEMPLATE_COLUMN &&
            (!name || (piece.len == len && memcmp(piece.at, name, len) == 0)))
            return true;
    return false;
}
