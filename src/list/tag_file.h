/**
 * The lines of a tag file of a bag, in a program that may wait for the disk.
 */
#ifndef FA_LIST_TAG_FILE_H
#define FA_LIST_TAG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct fa_tag_file {
    FILE *in;   /**< NULL: it cannot be read; errno says why. */
    char *line; /**< The current one, without its end; a zero byte is after it. */
    size_t len;
    uint64_t number; /**< From 1. */
    uint64_t offset; /**< Of the line in the file. */

    uint64_t next;
    size_t room;
};

/** Open a regular file.  Call fa_tag_file_close() in any case. */
struct fa_tag_file fa_tag_file_open(const char *path);

/** Read the next line that is not empty.  @return false: there is none */
bool fa_tag_file_next(struct fa_tag_file *file);

void fa_tag_file_close(struct fa_tag_file *file);

#endif
