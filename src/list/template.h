/**
 * Templates of file names: text with placeholders in braces, as in "{host}/{id}.{ext}".
 *
 * A placeholder is a word of enum fa_template_what, or the name of a column of the list; what is
 * none of these words is a column, and "{column:NAME}" is one in any case.  "{{" and "}}" are
 * braces.  A slash of the text makes a folder.
 *
 * Pure.
 */
#ifndef FA_LIST_TEMPLATE_H
#define FA_LIST_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include <fetchall/error.h>

/** Bytes of the name of a column: longer ones are cut. */
#define FA_TEMPLATE_COLUMN_MAX 100

enum fa_template_what {
    FA_TEMPLATE_TEXT,
    FA_TEMPLATE_SLASH, /**< Of the text. */
    FA_TEMPLATE_NAME,
    FA_TEMPLATE_STEM,
    FA_TEMPLATE_EXT,
    FA_TEMPLATE_HOST,
    FA_TEMPLATE_PATH,
    FA_TEMPLATE_QUERY,
    FA_TEMPLATE_LINE,
    FA_TEMPLATE_HASH8,
    FA_TEMPLATE_COLUMN,
};

/** A piece of a template; at and len are its text, or the name of its column. */
struct fa_template_piece {
    enum fa_template_what what;
    const char *at;
    size_t len;
};

/**
 * Cut off the first piece.
 *
 * @at   In: the rest of a template.  Out: what follows the piece; after an error: where it is.
 * @ret_why  Why the template is malformed; NULL: it is not.
 * @return Whether there is a piece.
 */
bool fa_template_next(const char **at, struct fa_template_piece *ret, const char **ret_why);

/** @return 0, or -1 with FA_CLASS_REFUSED and the position of the error. */
int fa_template_check(const char *text, struct fa_error *err);

/** Whether a template has a column in it.  @name  NULL: any column. */
bool fa_template_has_column(const char *text, const char *name, size_t len);

#endif
