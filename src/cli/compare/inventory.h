/**
 * The files of a folder, and whether those of another one are the same.
 */
#ifndef FETCHALL_CLI_COMPARE_INVENTORY_H
#define FETCHALL_CLI_COMPARE_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fetchall/error.h>

struct fa_file {
    char *path; /**< Relative to the folder. */
    uint64_t size, digest;
    bool html;   /**< It begins as a page does. */
    bool varies; /**< Its content changes from one download to the next. */
};

/** All zero: empty. */
struct fa_inventory {
    struct fa_file *files; /**< By path. */
    size_t count;
    uint64_t bytes;
};

/** Read all files of a folder; a folder that does not exist is empty.  @return 0, or -1. */
int fa_inventory_read(struct fa_inventory *inventory, const char *dir, struct fa_error *err);

void fa_inventory_fini(struct fa_inventory *inventory);

#define FA_DIFFERENCES_MAX 200

struct fa_differences {
    size_t missing, wrong, pages;   /**< Files that are missing, have other content, or are unknown
                                     and HTML. */
    char names[FA_DIFFERENCES_MAX]; /**< The first three, separated by commas. */
};

/**
 * Compare the files of a program with those of a reference: by path, and those of other names by
 * size and digest, as some programs choose the names.  Files that vary are only missing or not.
 */
int fa_inventory_compare(const struct fa_inventory *reference, const struct fa_inventory *other,
                         struct fa_differences *ret, struct fa_error *err);

/** Describe differences, of which there is at least one, or a status that is not 0: "2 files are
 * missing: a, b". */
void fa_differences_describe(const struct fa_differences *found, int status, char *buf,
                             size_t size);

/** Mark the files of the reference whose content is another one in a second download.  @return
 * their number. */
size_t fa_inventory_mark_varying(struct fa_inventory *reference, const struct fa_inventory *again);

#endif
