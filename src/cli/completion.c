/*
 * A bash completion script, printed from the option table.  Options of the program and of each
 * command are offered separately; an option with choices offers them, one with a file or directory
 * completes names.
 *
 * bash calls _fetchall() and takes the offers from COMPREPLY.  The previous word selects the case
 * of an option that takes an argument.  Any other word is an option, a list, or, as the first word,
 * a command.
 */
#include "cli/completion.h"

#include <stdbool.h>
#include <string.h>

#include "cli/options.h"
#include "cli/subcommands.h"

/* The pattern of a case: "-m | --mode)". */
static void put_pattern(FILE *out, const struct fa_option *row)
{
    fputs("    ", out);
    if (row->letter)
        fprintf(out, "-%c | ", row->letter);
    fprintf(out, "--%s)\n", row->name);
}

static void put_choices(FILE *out, const struct fa_option *row)
{
    fputs("        mapfile -t COMPREPLY < <(compgen -W '", out);
    for (unsigned i = 0; row->choice(i); ++i)
        fprintf(out, "%s%s", i == 0 ? "" : " ", row->choice(i));
    fputs("' -- \"$cur\")\n", out);
}

/* What to offer after an option with an argument.  mapfile splits at line ends only:
 * COMPREPLY=($(...)) would split file names at spaces and expand their wildcards. */
static void put_argument(FILE *out, const struct fa_option *row)
{
    put_pattern(out, row);
    if (row->choice)
        put_choices(out, row);
    else if (row->offer == FA_OFFER_FILES)
        fputs("        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n", out);
    else if (row->offer == FA_OFFER_FOLDERS)
        fputs("        mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n", out);
    fputs("        return\n        ;;\n", out);
}

/* Whether an earlier row has this name.  A case matches the previous word, whatever the command is,
 * so only the first of several rows can be offered. */
static bool option_is_done(const struct fa_option *row)
{
    for (const struct fa_option *other = fa_options_next(NULL); other != row;
         other = fa_options_next(other))
        if (other->arg && strcmp(other->name, row->name) == 0)
            return true;
    return false;
}

static void put_options(FILE *out, enum fa_command command)
{
    const char *glue = "";
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row)) {
        if (!fa_option_is_for(row, command))
            continue;
        fprintf(out, "%s--%s", glue, row->name);
        glue = " ";
    }
}

/* Offer the options of the command on the line. */
static void put_commands(FILE *out)
{
    fputs("    local options commands='", out);
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row)
        fprintf(out, "%s%s", row == fa_subcommands_table ? "" : " ", row->name);
    fputs("'\n    case ${COMP_WORDS[1]} in\n", out);
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row) {
        fprintf(out, "    %s) options='", row->name);
        put_options(out, row->command);
        fputs("' ;;\n", out);
    }
    fputs("    *) options='", out);
    put_options(out, FA_COMMAND_FETCH);
    fputs("' ;;\n    esac\n", out);
}

void fa_completion_print(FILE *out)
{
    fputs("# bash completion for fetchall; made by fetchall --generate bash\n"
          "# shellcheck shell=bash\n\n"
          "_fetchall() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    COMPREPLY=()\n"
          "    # bash takes the = of --name=value for a word of its own\n"
          "    if [[ $cur == = ]]; then\n"
          "        cur=\n"
          "    elif [[ $prev == = ]]; then\n"
          "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    fi\n"
          "    case $prev in\n",
          out);
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row))
        if (row->arg && !option_is_done(row))
            put_argument(out, row);
    fputs("    esac\n", out);
    put_commands(out);
    fputs("    if [[ $cur == -* ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
          "    else\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
          "        if [[ $COMP_CWORD == 1 ]]; then\n"
          "            mapfile -t -O ${#COMPREPLY[@]} COMPREPLY \\\n"
          "                < <(compgen -W \"$commands\" -- \"$cur\")\n"
          "        fi\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _fetchall fetchall\n",
          out);
}
