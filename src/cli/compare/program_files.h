/**
 * The input files of other programs, made from a list.
 */
#ifndef FETCHALL_CLI_COMPARE_PROGRAM_FILES_H
#define FETCHALL_CLI_COMPARE_PROGRAM_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include <fetchall/error.h>

#include "cli/compare/program.h"
#include "cli/options.h"

/** The files, by the name of their place: see fa_program_words(). */
enum fa_program_file {
    FA_PROGRAM_LIST,    /**< {list}: a URL on each line. */
    FA_PROGRAM_CURL,    /**< {curl}: a config of curl, with URLs and names. */
    FA_PROGRAM_ARIA2,   /**< {aria2}: URLs and names for aria2c -i. */
    FA_PROGRAM_PAIRS,   /**< {pairs}: a name, and a URL, on each second line. */
    FA_PROGRAM_CURLRC,  /**< {curlrc}: that config without URLs. */
    FA_PROGRAM_ARIA2RC, /**< {aria2rc} */
    FA_PROGRAM_WGET2RC, /**< {wget2rc} */
    FA_PROGRAM_FILES
};

struct fa_program_files {
    char *paths[FA_PROGRAM_FILES]; /**< NULL before fa_program_files_write(). */
    uint64_t secret;               /**< URLs with secrets. */
    uint64_t headers;              /**< Entries with header lines of their own, which only aria2c
                                        gets. */
};

/**
 * Write all files, of mode 0600, with the headers, limits and certificates of the options.
 *
 * @list    As written by fa_sample_write_config().
 * @folder  For the files.
 * @return  0, or -1.  Call fa_program_files_fini() in any case.
 */
int fa_program_files_write(struct fa_program_files *files, const struct fa_options *options,
                           const char *list, const char *folder, struct fa_error *err);

/** Fill in a command with the paths of the files.  @ret  Appended to. */
int fa_program_files_fill(const struct fa_program_files *files, const char *command,
                          const char *dir, unsigned jobs, struct fa_texts *ret,
                          struct fa_error *err);

/** Does not remove the files, which are removed with their folder. */
void fa_program_files_fini(struct fa_program_files *files);

#endif
