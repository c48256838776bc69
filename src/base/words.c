/*
 * No shell runs the command, so a URL or a path in it is never interpreted.  Words share one block
 * with the pointers to them: it is as large as the command, since unquoting only shortens.
 */
#include "base/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SPACES " \t\r\n"
#define PLACE  "{}"

/* Pointers and texts in one allocation. */
static char **words_new(size_t count, size_t bytes, char **ret_texts)
{
    char **words = calloc(1, (count + 1) * sizeof(*words) + bytes);
    *ret_texts = words ? (char *)(words + count + 1) : NULL;
    return words;
}

/* Copy one quoted run of characters.  @return the end of it, or NULL: it has none. */
static const char *word_unquote(const char *at, char **to)
{
    char quote = *at++;
    for (; *at && *at != quote; ++at) {
        if (quote == '"' && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
            ++at;
        *(*to)++ = *at;
    }
    return *at ? at + 1 : NULL;
}

/* @return the end of the word, or NULL and why. */
static const char *word_copy(const char *at, char **to, const char **ret_why)
{
    while (at && *at && !strchr(SPACES, *at)) {
        if (*at == '\'' || *at == '"') {
            at = word_unquote(at, to);
            *ret_why = "a quotation mark is not closed";
        } else if (*at == '\\' && !at[1]) {
            at = NULL;
            *ret_why = "it ends with a backslash";
        } else {
            at += *at == '\\';
            *(*to)++ = *at++;
        }
    }
    *(*to)++ = '\0';
    return at;
}

char **fa_words_split(const char *command, const char **ret_why)
{
    size_t len = strlen(command), n = 0;
    char *to;
    const char *at = command + strspn(command, SPACES);
    char **words = words_new(len / 2 + 1, len + 1, &to);
    *ret_why = NULL;
    if (!words)
        return NULL;
    while (at && *at) {
        words[n++] = to;
        at = word_copy(at, &to, ret_why);
        at = at ? at + strspn(at, SPACES) : NULL;
    }
    if (at && n > 0 && words[0][0])
        return words;
    if (at)
        *ret_why = "it names no program";
    free(words);
    return NULL;
}

static size_t word_count_places(const char *word)
{
    size_t n = 0;
    while ((word = strstr(word, PLACE))) {
        word += strlen(PLACE);
        ++n;
    }
    return n;
}

/* What is filled in is not searched again: it may contain {}. */
static char *word_fill(char *to, const char *word, const char *text)
{
    const char *place;
    while ((place = strstr(word, PLACE))) {
        to = mempcpy(to, word, (size_t)(place - word));
        to = stpcpy(to, text);
        word = place + strlen(PLACE);
    }
    return stpcpy(to, word) + 1;
}

char **fa_words_replace(char *const *words, const char *text)
{
    size_t count = 0, places = 0, bytes = 0, len = strlen(text);
    for (; words[count]; ++count) {
        bytes += strlen(words[count]) + 1;
        places += count > 0 ? word_count_places(words[count]) : 0;
    }
    char *to;
    char **filled = words_new(count + 1, bytes + (places + 1) * (len + 1), &to);
    if (!filled)
        return NULL;
    for (size_t i = 0; i < count; ++i) {
        filled[i] = to;
        to = i > 0 ? word_fill(to, words[i], text) : stpcpy(to, words[i]) + 1;
    }
    if (places == 0)
        filled[count] = memcpy(to, text, len + 1);
    return filled;
}
