/**
 * Splits a command into words, as a shell does, but without its expansions.
 *
 * Spaces, tabs and line breaks separate words.  '...' is literal; in "...", a backslash quotes "
 * and \; elsewhere, it quotes the next character.  Nothing else is special.
 */
#ifndef FA_BASE_WORDS_H
#define FA_BASE_WORDS_H

#include <stddef.h>

/**
 * @ret_why  Why it cannot be split, if NULL is returned; NULL: no memory.
 * @return   At least one word, and NULL; to be freed with one free(3).
 */
char **fa_words_split(const char *command, const char **ret_why);

/**
 * Replace each {} in words by a text, or append the text as a word if there is none.
 *
 * @words   The first one, the program, is not changed.
 * @return  As fa_words_split(), or NULL: no memory.
 */
char **fa_words_replace(char *const *words, const char *text);

#endif
