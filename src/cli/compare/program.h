/**
 * Other programs as contestants: --with.
 *
 * A command is split into words at spaces; '...' and "..." keep spaces, and a backslash keeps the
 * next character.  No shell interprets it: a command that requires one is sh -c '...'.
 */
#ifndef FETCHALL_CLI_COMPARE_PROGRAM_H
#define FETCHALL_CLI_COMPARE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include <fetchall/error.h>

#include "cli/texts.h"

/** Maximum number of other programs. */
#define FA_PROGRAMS_MAX 12

struct fa_options;

struct fa_program {
    const char *name; /**< Of name_len bytes, without a final zero. */
    size_t name_len;
    const char *command; /**< With {PLACE} for what differs from run to run. */
    bool known;          /**< One of the commands here, which contains no secret. */
};

struct fa_programs {
    struct fa_program items[FA_PROGRAMS_MAX];
    size_t count;
};

/** A name in braces, and what replaces it. */
struct fa_place {
    const char *name;
    const char *value;
};

/** The value of --with: known programs, separated by commas, or NAME=COMMAND.  It is borrowed. */
int fa_programs_parse(struct fa_options *options, const char *value, struct fa_error *err);

/**
 * Split a command into words, and fill in its places.  A name in braces that is not among them is
 * kept.
 *
 * @places  The last one has no name.
 * @return 0, or -1: a quote is not closed, there is no word, or no memory.
 */
int fa_program_words(const char *command, const struct fa_place *places, struct fa_texts *ret,
                     struct fa_error *err);

/** The file of a program, looked up in PATH as by a shell; NULL: it is not installed, or there is
 * no memory. */
char *fa_program_find(const char *word);

#endif
