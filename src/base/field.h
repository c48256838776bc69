/**
 * Structs as bytes, by tables of their fields.
 *
 * A table names each field of a struct once; writing, reading and copying the struct walk it in its
 * order.  The macros make a row, and a compile error if the field does not have the row's type:
 *
 *     static const struct fa_field fields[] = {
 *         FA_FIELD(BOOL, bool, struct point, is_open),
 *         FA_FIELD_ENUM(enum color, FA_COLORS, struct point, color),
 *     };
 *     fa_fields_put(fields, FA_FIELD_COUNT(fields), &point, &buf);
 *
 * A reader checks what it reads: a bool is 0 or 1, an enumerator is below its limit, a text fits.
 */
#ifndef FA_BASE_FIELD_H
#define FA_BASE_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum fa_field_type {
    FA_FIELD_BOOL,  /**< bool */
    FA_FIELD_ENUM,  /**< An enum of enumerators below .limit; one byte. */
    FA_FIELD_INT,   /**< int */
    FA_FIELD_U64,   /**< uint64_t */
    FA_FIELD_I64,   /**< int64_t */
    FA_FIELD_KNOWN, /**< int64_t of at least -1, which means unknown. */
    FA_FIELD_F64,   /**< double */
    FA_FIELD_STR,   /**< const char *, which may be NULL; read, it is borrowed from the bytes. */
    FA_FIELD_NAME,  /**< As FA_FIELD_STR, but must not be NULL. */
    FA_FIELD_TEXT,  /**< char[.limit] */
};

struct fa_field {
    enum fa_field_type type;
    size_t offset; /**< In the struct. */
    size_t limit;
    size_t source; /**< Offset of the field in another struct, for fa_fields_copy(). */
};

/** offsetof(), and a compile error unless the member has that type. */
#define FA_FIELD_AT(type, owner, member) \
    (offsetof(owner, member) + 0 * sizeof((type *){&((owner *)0)->member}))

#define FA_FIELD(kind, type_, owner, member)                                 \
    {                                                                        \
        .type = FA_FIELD_##kind, .offset = FA_FIELD_AT(type_, owner, member) \
    }

/* Its byte holds every enumerator. */
#define FA_FIELD_LIMIT(limit_) ((limit_) + 0 * sizeof(char[(limit_) <= 256 ? 1 : -1]))

#define FA_FIELD_ENUM(type_, limit_, owner, member)                            \
    {                                                                          \
        .type = FA_FIELD_ENUM, .limit = FA_FIELD_LIMIT(limit_),                \
        .offset = FA_FIELD_AT(type_, owner, member) +                          \
                  0 * sizeof(char[sizeof(type_) == sizeof(unsigned) ? 1 : -1]) \
    }

/* offsetof() takes no parentheses.  NOLINTBEGIN(bugprone-macro-parentheses) */
#define FA_FIELD_TEXT(owner, member)                                  \
    {                                                                 \
        .type = FA_FIELD_TEXT, .limit = sizeof(((owner *)0)->member), \
        .offset = FA_FIELD_AT(char, owner, member[0])                 \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

#define FA_FIELD_COUNT(fields) (sizeof(fields) / sizeof(*(fields)))

/** Append the fields of a struct to the bytes. */
void fa_fields_put(const struct fa_field *fields, size_t n, const void *from, struct fa_buf *buf);

/** Read the fields of a struct.  What is malformed sets reader->failed. */
void fa_fields_get(const struct fa_field *fields, size_t n, void *to, struct fa_reader *reader);

/** Copy the fields from another struct, in which they are at .source.  Strings are not copied, only
 * their pointers. */
void fa_fields_copy(const struct fa_field *fields, size_t n, void *to, const void *from);

#endif
