/**
 * The options of aria2c(1), and what each of them does in a list.
 *
 * aria2c takes most of its options from an input file, for one entry.  Those that fetchall has not
 * got for an entry are ignored with a notice; those that would make another download than the user
 * meant, if they were ignored, make the entry invalid.
 */
#ifndef FA_LIST_ARIA2_H
#define FA_LIST_ARIA2_H

#include <stddef.h>

#include "list/entry.h"

enum fa_aria2_kind {
    FA_ARIA2_DONE,         /**< An option of entries. */
    FA_ARIA2_HEADER,       /**< A header; the hint is its beginning. */
    FA_ARIA2_NO_CACHE,     /**< If true, a header; the hint is all of it. */
    FA_ARIA2_USER,         /**< Basic authentication. */
    FA_ARIA2_PASSWORD,     /**< Its password. */
    FA_ARIA2_IGNORED,      /**< The hint is an option of fetchall, or NULL. */
    FA_ARIA2_SECRET,       /**< Ignored, and its value is not kept. */
    FA_ARIA2_REFUSED,      /**< Invalid, unless empty; the hint says what to do. */
    FA_ARIA2_REFUSED_TRUE, /**< Invalid if true. */
};

struct fa_aria2_option {
    const char *name;
    enum fa_aria2_kind kind;
    const char *hint;
};

/** @return NULL: aria2c has no such option. */
const struct fa_aria2_option *fa_aria2_find(const char *name, size_t len);

/** All of them, in the order of their names. */
const struct fa_aria2_option *fa_aria2_options(size_t *ret_count);

/** http-user and http-passwd of an entry; all zero: none.  Borrowed. */
struct fa_aria2_login {
    const char *user, *password;
    size_t user_len, password_len;
};

/** Bytes of room that an option needs besides its own. */
size_t fa_aria2_room(const char *at, size_t len);

/**
 * Add an option of a list of text: one of aria2c(1), or another one.
 *
 * @at   "name=value" or "name", inside the entry's room; a zero may be put after it.
 * @to   Room for what it becomes.
 * @return how much of @to is used.
 */
size_t fa_aria2_add_option(struct fa_entry *entry, struct fa_aria2_login *login, char *at,
                           size_t len, char *to);

/** Add the header of a login.  @to  The rest of the room. */
void fa_aria2_add_login(struct fa_entry *entry, const struct fa_aria2_login *login, char *to);

#endif
