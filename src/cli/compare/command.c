/*
 * Results are shown to others, so secrets are replaced.  fa_command_redacted() compares each shown
 * text with the given one, so that a reader is warned if the command cannot be repeated as it is
 * shown.
 *
 * A command is text to be pasted into a shell, so each word is quoted where necessary.  Only
 * characters that no shell interprets stay unquoted (an allow list); everything else goes into
 * single quotes, where only the quote itself is special (POSIX, 2.2.2).
 */
#include "cli/compare/command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fetchall/redact.h>
#include <fetchall/session.h>

#include "cli/shown.h"

#define PLAIN                    \
    "abcdefghijklmnopqrstuvwxyz" \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ" \
    "0123456789_@%+=:,./-"

static void command_put_quoted(FILE *out, const char *word)
{
    /* An empty word needs quotes too. */
    if (*word && !word[strspn(word, PLAIN)]) {
        fputs(word, out);
        return;
    }
    putc('\'', out);
    for (; *word; ++word) {
        if (*word == '\'')
            /* End the quotes, add an escaped quote, and begin again: POSIX has no escape inside. */
            fputs("'\\''", out);
        else
            putc(*word, out);
    }
    putc('\'', out);
}

/* open_memstream(3) sets the text when the stream is closed, and reports lack of memory then. */
static char *stream_closed(FILE *out, char **text)
{
    bool bad = !out || ferror(out);
    if (out && fclose(out) != 0)
        bad = true;
    if (!bad)
        return *text;
    free(*text);
    return NULL;
}

/* The text that a function prints, to be freed. */
static char *text_printed(void (*put)(FILE *, const char *), const char *from)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (out)
        put(out, from);
    return stream_closed(out, &text);
}

/* The name of a list without secrets.  fa_redact_text() also finds URLs inside of a file name. */
static char *list_shown(const struct fa_options *options, const char *list)
{
    const char *keys = options->config.secret_keys;
    return fa_list_is_url(list) ? fa_redact_url(list, keys) : fa_redact_text(list, keys);
}

char *fa_command_shown(const struct fa_options *options, const char *list)
{
    return strcmp(list, "-") == 0 ? strdup("standard input") : list_shown(options, list);
}

char *fa_command_quote(const char *word)
{
    return text_printed(command_put_quoted, word);
}

/* An option "--name=value" without secrets. */
static char *option_shown(const struct fa_options *options, const char *option)
{
    const char *equals = strchr(option, '=');
    if (!equals)
        return strdup(option);
    char *name = strndup(option + 2, (size_t)(equals - option) - 2), *text = NULL;
    char *value = name ? fa_option_shown(name, equals + 1, options->config.secret_keys) : NULL;
    if (value && asprintf(&text, "--%s=%s", name, value) < 0)
        text = NULL;
    free(name);
    free(value);
    return text;
}

static int command_put_word(FILE *out, char *word)
{
    if (!word)
        return -1;
    command_put_quoted(out, word);
    free(word);
    return 0;
}

char *fa_command_program(const struct fa_options *options)
{
    char *text = NULL;
    size_t len;
    int rc = 0;
    FILE *out = open_memstream(&text, &len);
    if (out)
        fputs("fetchall", out);
    for (size_t i = 0; out && rc == 0 && i < options->passed.count; ++i) {
        putc(' ', out);
        rc = command_put_word(out, option_shown(options, options->passed.items[i]));
    }
    text = stream_closed(out, &text);
    if (rc == 0)
        return text;
    free(text);
    return NULL;
}

char *fa_command_verify(const struct fa_options *options)
{
    char *text = NULL;
    char *dir = fa_command_quote(options->lists.items[0]);
    int len = -1;
    if (dir && options->config.hash_jobs)
        len =
            asprintf(&text, "fetchall verify -d %s --hash-jobs %u", dir, options->config.hash_jobs);
    else if (dir)
        len = asprintf(&text, "fetchall verify -d %s", dir);
    free(dir);
    return len < 0 ? NULL : text;
}

char *fa_command_lists(const struct fa_options *options)
{
    char *text = NULL;
    size_t len;
    int rc = 0;
    bool dashes = false;
    FILE *out = open_memstream(&text, &len);
    for (size_t i = 0; i < options->lists.count; ++i)
        /* A single "-" is standard input, and not an option. */
        dashes |= options->lists.items[i][0] == '-' && options->lists.items[i][1];
    if (out && dashes)
        fputs("--", out);
    for (size_t i = 0; out && rc == 0 && i < options->lists.count; ++i) {
        if (i > 0 || dashes)
            putc(' ', out);
        rc = command_put_word(out, list_shown(options, options->lists.items[i]));
    }
    text = stream_closed(out, &text);
    if (rc == 0)
        return text;
    free(text);
    return NULL;
}

char *fa_command_title(const struct fa_options *options)
{
    char *first = fa_command_shown(options, options->lists.items[0]);
    if (options->lists.count == 1 || !first)
        return first;
    char *text = NULL;
    if (asprintf(&text, "%s and %zu more", first, options->lists.count - 1) < 0)
        text = NULL;
    free(first);
    return text;
}

/* Whether a shown text, which is freed, differs from the given one. */
static bool text_differs(char *shown_text, const char *given)
{
    bool is = shown_text && strcmp(shown_text, given) != 0;
    free(shown_text);
    return is;
}

/* Compare instead of searching for "***", which a list may contain itself. */
bool fa_command_redacted(const struct fa_options *options)
{
    bool redacted = false;
    for (size_t i = 0; i < options->passed.count; ++i)
        redacted |=
            text_differs(option_shown(options, options->passed.items[i]), options->passed.items[i]);
    for (size_t i = 0; i < options->lists.count; ++i)
        redacted |=
            text_differs(list_shown(options, options->lists.items[i]), options->lists.items[i]);
    return redacted;
}
