/*
 * fish takes one "complete" command for each option, with a condition: the commands for which it
 * holds.  Descriptions and choices are single-quoted words, where only \ and ' are special.
 */
#include "cli/completion_fish.h"

#include <string.h>

#include "cli/options.h"
#include "cli/subcommands.h"

static void put_quoted(FILE *out, const char *text)
{
    putc('\'', out);
    for (; *text; ++text) {
        if (*text == '\'' || *text == '\\')
            putc('\\', out);
        putc(*text, out);
    }
    putc('\'', out);
}

/* The condition of the options of a command: its name is the first argument, or no command's is. */
static void put_condition(FILE *out, const struct fa_command_text *command)
{
    if (command)
        fprintf(out, " -n '__fetchall_command %s'", command->name);
    else
        fputs(" -n 'not __fetchall_command'", out);
}

static void put_option(FILE *out, const struct fa_option *row,
                       const struct fa_command_text *command)
{
    fputs("complete -c fetchall", out);
    put_condition(out, command);
    fprintf(out, " -l %s", row->name);
    if (row->letter)
        fprintf(out, " -s %c", row->letter);
    if (row->arg)
        fputs(row->offer == FA_OFFER_NOTHING ? " -x" : " -r", out);
    if (row->offer == FA_OFFER_FOLDERS)
        fputs(" -f -a '(__fish_complete_directories)'", out);
    if (row->choice) {
        fputs(" -a '", out);
        for (unsigned i = 0; row->choice(i); ++i)
            fprintf(out, "%s%s", i == 0 ? "" : " ", row->choice(i));
        putc('\'', out);
    }
    fputs(" -d ", out);
    put_quoted(out, row->help);
    putc('\n', out);
}

static void put_options(FILE *out, const struct fa_command_text *text, enum fa_command command)
{
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row))
        if (fa_option_is_for(row, command))
            put_option(out, row, text);
}

void fa_completion_fish_print(FILE *out)
{
    fputs("# fish completion for fetchall; made by fetchall --generate fish\n\n"
          "# Whether the command line has that command, or any.\n"
          "function __fetchall_command\n"
          "    set -l words (commandline -opc)\n"
          "    set -l commands",
          out);
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row)
        fprintf(out, " %s", row->name);
    fputs("\n    test (count $words) -gt 1; and contains -- $words[2] $commands; or return 1\n"
          "    test (count $argv) -eq 0; or test $words[2] = $argv[1]\n"
          "end\n\n",
          out);
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row) {
        fprintf(out, "complete -c fetchall -n 'test (count (commandline -opc)) -eq 1' -a %s -d ",
                row->name);
        put_quoted(out, row->help);
        putc('\n', out);
    }
    put_options(out, NULL, FA_COMMAND_FETCH);
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row)
        put_options(out, row, row->command);
}
