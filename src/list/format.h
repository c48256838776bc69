/**
 * List formats: how the bytes of a list become entries.
 *
 * To add one: a file format_NAME.c with its struct fa_format, its extern below, and its place in
 * the table of format.c.  Nothing else knows formats: what is read from any of them is an entry
 * (list/entry.h), and what is kept of an entry is packed (list/packed.h).
 */
#ifndef FA_LIST_FORMAT_H
#define FA_LIST_FORMAT_H

#include "list/entry.h"
#include "list/lines.h"
#include "list/list.h"

enum fa_format_match {
    FA_FORMAT_NO,
    FA_FORMAT_YES,
    FA_FORMAT_MORE, /**< It depends on bytes that have not been read yet. */
};

/** The state of reading a list in a format. */
struct fa_format_reader {
    struct fa_lines *lines;
    void *state;     /**< state_size bytes of the format, zero at first. */
    double now;      /**< Of this call: seconds on a monotonic clock. */
    double *wake_at; /**< With FA_LIST_AGAIN: when to call though nothing became readable; is
                          INFINITY. */
    const struct fa_list_options *options;
};

/** What is known of a list before its format is. */
struct fa_format_look {
    const char *name; /**< That it was opened with. */
    const char *at;   /**< Its first bytes. */
    size_t len;
    bool ended; /**< These are all of its bytes, or so many that they must do. */
    const struct fa_list_options *options;
};

struct fa_format {
    const char *name;
    size_t line_max;   /**< Bytes of a line, at least FA_LIST_LINE_MAX. */
    size_t state_size; /**< 0: none. */

    /** The value of --format that chooses it; FA_LIST_FORMAT_AUTO: none does. */
    enum fa_list_format id;

    /** Whether a list has this format. */
    enum fa_format_match (*detect)(const struct fa_format_look *look);

    /**
     * Read the next entry from reader->lines.
     *
     * @ret  With FA_LIST_ENTRY: owned by the caller; NULL with err filled in if memory ran out.
     * @return FA_LIST_ENTRY, FA_LIST_AGAIN, or FA_LIST_END: also if reading failed, which the
     *         caller reports.
     */
    enum fa_list_what (*next_record)(struct fa_format_reader *reader, struct fa_entry **ret,
                                     struct fa_error *err);

    /** Release what the state, which may still be all zero, refers to.  NULL: nothing. */
    void (*fini)(void *state);
};

extern const struct fa_format fa_format_packed;
extern const struct fa_format fa_format_binary; /**< What is no list: an error. */
extern const struct fa_format fa_format_jsonl;
extern const struct fa_format fa_format_csv;
extern const struct fa_format fa_format_tsv;
extern const struct fa_format fa_format_curl;
extern const struct fa_format fa_format_metalink;
extern const struct fa_format fa_format_bagit;
extern const struct fa_format fa_format_sums;
extern const struct fa_format fa_format_text;

/**
 * Which format a list has.
 *
 * @formats  In the order in which they are asked; ends with NULL.  NULL: those of this library.
 * @return   NULL: it depends on more bytes.  The last format is that of any list that no other one
 *           knows.
 */
const struct fa_format *fa_format_detect(const struct fa_format *const *formats,
                                         const struct fa_format_look *look);

/**
 * The first byte that is not a space, a line end or part of a byte order mark, and those after it.
 *
 * @return As fa_format_first_line().
 */
enum fa_format_match fa_format_first_byte(const struct fa_format_look *look, const char **ret,
                                          size_t *ret_len);

/**
 * The first line that is not empty and not a comment (#), without the spaces and the byte order
 * mark around it.
 *
 * @return FA_FORMAT_YES; FA_FORMAT_NO: there is none; or FA_FORMAT_MORE: it has not arrived yet.
 */
enum fa_format_match fa_format_first_line(const struct fa_format_look *look, const char **ret,
                                          size_t *ret_len);

#endif
