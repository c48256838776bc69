/**
 * The columns of a list whose entries have named fields: which part of an entry each of them is.
 *
 * Pure.
 */
#ifndef FA_LIST_COLUMNS_H
#define FA_LIST_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include <fetchall/error.h>

/** The parts of an entry, as bits: one column may be several of them. */
enum fa_column {
    FA_COLUMN_URL = 1 << 0,
    FA_COLUMN_MIRROR = 1 << 1,
    FA_COLUMN_OUT = 1 << 2,
    FA_COLUMN_DIR = 1 << 3,
    FA_COLUMN_CHECKSUM = 1 << 4,
    FA_COLUMN_SIZE = 1 << 5,
    FA_COLUMN_RANGE = 1 << 6,
    FA_COLUMN_HEADER = 1 << 7,
    FA_COLUMN_TYPE = 1 << 8, /**< Only if a map names it: many lists have such a column. */
};
#define FA_COLUMNS 9

/** A part that is not a column: only a format adds it. */
#define FA_COLUMN_PIECES (1u << FA_COLUMNS)

/** The name of a bit ("url"). */
const char *fa_column_name(enum fa_column column);

/**
 * Check a map of columns, "PART=NAME,...": the name of the column that is that part.
 *
 * @return 0, or -1 with FA_CLASS_REFUSED.
 */
int fa_columns_check(const char *map, struct fa_error *err);

/**
 * What a column is.
 *
 * @map   A map that has been checked; NULL: none.  A part that it does not name is the column of
 *        the part's own name, in any case.
 * @return enum fa_column bits; 0: nothing.
 */
unsigned fa_columns_find(const char *map, const char *name, size_t len);

/** The parts that a map names.  @return enum fa_column bits */
unsigned fa_columns_mapped(const char *map);

#endif
