/**
 * A record: the named values of one entry, in any order, and what makes them an entry.
 *
 * For the formats whose entries have columns (list/columns.h).
 */
#ifndef FA_LIST_RECORD_H
#define FA_LIST_RECORD_H

#include "base/buf.h"
#include "list/columns.h"
#include "list/entry.h"
#include "list/format.h"

/** Unknown columns that are reported of a list. */
#define FA_RECORD_UNKNOWN_MAX 32

struct fa_record {
    struct fa_buf values; /**< Each: its parts, its length, its bytes. */
    size_t n_urls, n_options, n_bytes;
    struct fa_error error; /**< FA_CLASS_NONE: none yet. */

    const struct fa_list_options *options; /**< Which columns are kept; NULL: none.  Borrowed. */
    struct fa_buf columns;                 /**< Each: two lengths, its name, its value. */
    size_t n_columns;

    struct fa_buf unknown;   /**< Names of columns to report with the next good entry. */
    const char *unknown_are; /**< NULL: "column". */
    size_t n_unknown;
    uint64_t seen[FA_RECORD_UNKNOWN_MAX]; /**< Their keys, for the whole list. */
    size_t n_seen;
};

void fa_record_init(struct fa_record *record);
void fa_record_fini(struct fa_record *record);

/** Begin a new record. */
void fa_record_reset(struct fa_record *record);

/** Whether the options say to keep a column.  @parts  What else it is. */
bool fa_record_keeps(const struct fa_record *record, unsigned parts, const char *name, size_t len);

/** Keep a column of an entry, as fa_record_keeps() says; of a long value only the beginning. */
void fa_record_keep(struct fa_record *record, const char *name, size_t name_len, const char *value,
                    size_t len);

/**
 * Add a value.
 *
 * Empty values are ignored, and unknown columns unless they are kept; the name of an ignored one is
 * reported once for the list.  A mirror or a header may be several, one on each line.
 *
 * @parts  What the column is: enum fa_column bits.
 * @name   Of the column.
 * @value  Copied.
 */
void fa_record_add(struct fa_record *record, unsigned parts, const char *name, size_t name_len,
                   const char *value, size_t len);

/** Remember an unknown column, which has no value to add. */
void fa_record_add_unknown(struct fa_record *record, const char *name, size_t len);

/** Make the record a bad one, unless it is already. */
void fa_record_fail(struct fa_record *record, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * Make the entry.
 *
 * @text  Of the record in the list, which is shown if the entry is bad.
 * @return As fa_entry_new(): a good or a bad entry, or NULL.
 */
struct fa_entry *fa_record_entry(struct fa_record *record, const char *list, uint64_t line,
                                 const char *text, size_t len, struct fa_error *err);

#endif
