/**
 * Finds programs.
 */
#ifndef FA_BASE_WHICH_H
#define FA_BASE_WHICH_H

/**
 * The file of a program, looked up in PATH as by execvp(3).
 *
 * An empty element of PATH, which is the working directory, is skipped: it is never meant.
 *
 * @return To be freed with free(3); NULL with errno: ENOENT, EACCES: it is not a file that can be
 *         executed, ENOMEM, or another one.
 */
char *fa_which(const char *word);

#endif
