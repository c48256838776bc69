/*
 * --help is printed from the option table.  Text is wrapped at FA_HELP_COLUMNS; option help starts
 * at MARGIN.  Neither depends on the terminal, so that help is the same in a pager or a file.
 *
 * The sentences for the manual (.more) are not printed, so that an option takes few lines.
 */
#include "cli/help.h"

#include <ctype.h>
#include <string.h>

#include "cli/options.h"
#include "cli/subcommands.h"

/* Column of the help text of options. */
#define MARGIN 30

/* Print words from a column on, wrapping at the margin.  @return the column after them. */
static unsigned put_words(FILE *out, unsigned at, const char *text)
{
    while (*text) {
        unsigned len = (unsigned)strcspn(text, " ");
        if (at > MARGIN && at + 1 + len > FA_HELP_COLUMNS) {
            fprintf(out, "\n%*s", MARGIN, "");
            at = MARGIN;
        }
        at += (unsigned)fprintf(out, "%s%.*s", at > MARGIN ? " " : "", (int)len, text);
        text += len;
        text += strspn(text, " ");
    }
    return at;
}

/* "async|thread|process" */
static void join_choices(const struct fa_option *row, char *buf, size_t size)
{
    size_t len = 0;
    buf[0] = '\0';
    for (unsigned i = 0; row->choice(i) && len < size; ++i)
        len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? "|" : "", row->choice(i));
}

static void put_option(FILE *out, const struct fa_option *row, const struct fa_options *defaults)
{
    char text[160];
    int len = row->letter ? snprintf(text, sizeof(text), "  -%c, --%s", row->letter, row->name)
                          : snprintf(text, sizeof(text), "      --%s", row->name);
    if (row->arg)
        snprintf(text + len, sizeof(text) - (size_t)len, " %s", row->arg);
    unsigned at = (unsigned)fprintf(out, "%s", text);
    /* Options longer than the margin have a line to themselves. */
    if (at + 2 > MARGIN) {
        fputc('\n', out);
        at = 0;
    }
    fprintf(out, "%*s", (int)(MARGIN - at), "");

    at = put_words(out, MARGIN, row->help);
    if (row->choice) {
        fputc(':', out);
        join_choices(row, text, sizeof(text));
        at = put_words(out, at + 1, text);
    }
    char buf[40];
    const char *initial = fa_option_default(row, defaults, buf, sizeof(buf));
    if (initial) {
        snprintf(text, sizeof(text), "[%s]", initial);
        put_words(out, at, text);
    }
    fputc('\n', out);
}

static void put_commands(FILE *out)
{
    fputs("\nCommands:\n", out);
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row)
        fprintf(out, "  fetchall %-*s%s\n", MARGIN - 11, row->name, row->help);
}

static void print_fetch(FILE *out, const struct fa_options *defaults)
{
    fputs("Usage: fetchall [OPTIONS] LIST...\n"
          "Download every URL of the lists, many at once.\n\n"
          "A LIST is a file with a URL on each line, - for standard input, or a URL.\n"
          "Defaults are in [brackets].  SIZE accepts k, M, G; S (seconds) accepts s, m, h.\n",
          out);
    put_commands(out);
    const struct fa_option *group = NULL; /* whose title is not printed yet */
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row)) {
        if (row->type == FA_OPTION_GROUP) {
            group = row;
        } else if (fa_option_is_for(row, FA_COMMAND_FETCH)) {
            if (group)
                fprintf(out, "\n%s:\n", group->help);
            group = NULL;
            put_option(out, row, defaults);
        }
    }
    fputs("\nExit status: 0 success, 1 permanent failure, 2 invalid usage, 3 wrong checksum,\n"
          "4 local I/O error, 5 only transient failures.  See fetchall(1).\n",
          out);
}

static void print_command(FILE *out, const struct fa_command_text *text,
                          const struct fa_options *defaults)
{
    fprintf(out, "Usage: fetchall %s [OPTIONS]%s\n%c%s.\n\n", text->name, text->args,
            toupper((unsigned char)text->help[0]), text->help + 1);
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row))
        if (fa_option_is_for(row, text->command))
            put_option(out, row, defaults);
    fputs("\nMore in fetchall(1).\n", out);
}

/* Defaults are taken from fa_options_init(), as those of a run are. */
void fa_help_print(FILE *out, enum fa_command command)
{
    struct fa_options defaults;
    fa_options_init(&defaults);
    if (command == FA_COMMAND_FETCH)
        print_fetch(out, &defaults);
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row)
        if (row->command == command)
            print_command(out, row, &defaults);
    fa_options_fini(&defaults);
}
