/*
 * zsh takes a list of specifications for _arguments, see zshcompsys(1): names, [description],
 * :placeholder: and what to offer.  They are single-quoted words, in which brackets and colons of
 * texts are escaped.
 */
#include "cli/completion_zsh.h"

#include <string.h>

#include "cli/options.h"
#include "cli/subcommands.h"

static void put_text(FILE *out, const char *text)
{
    for (; *text; ++text) {
        if (*text == '\'') {
            fputs("'\\''", out);
            continue;
        }
        if (strchr("[]:\\", *text))
            putc('\\', out);
        putc(*text, out);
    }
}

static void put_offer(FILE *out, const struct fa_option *row)
{
    if (row->choice) {
        fputs(":(", out);
        for (unsigned i = 0; row->choice(i); ++i)
            fprintf(out, "%s%s", i == 0 ? "" : " ", row->choice(i));
        putc(')', out);
    } else if (row->offer == FA_OFFER_NOTHING) {
        fputs(": ", out);
    } else {
        fputs(row->offer == FA_OFFER_FILES ? ":_files" : ":_files -/", out);
    }
}

/* One name of an option: "--mode=" or "-m+" takes its argument in the same word or the next. */
static void put_name(FILE *out, const struct fa_option *row, bool letter)
{
    fputs("            '", out);
    if (row->repeats)
        putc('*', out);
    if (letter)
        fprintf(out, "-%c%s", row->letter, row->arg ? "+" : "");
    else
        fprintf(out, "--%s%s", row->name, row->arg ? "=" : "");
    putc('[', out);
    put_text(out, row->help);
    putc(']', out);
    if (row->arg) {
        putc(':', out);
        put_text(out, row->arg);
        put_offer(out, row);
    }
    fputs("'\n", out);
}

static void put_options(FILE *out, const char *name, enum fa_command command)
{
    fprintf(out, "    %s)\n        options=(\n", name);
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row)) {
        if (!fa_option_is_for(row, command))
            continue;
        if (row->letter)
            put_name(out, row, true);
        put_name(out, row, false);
    }
    fputs("        )\n        ;;\n", out);
}

void fa_completion_zsh_print(FILE *out)
{
    fputs("#compdef fetchall\n"
          "# zsh completion for fetchall; made by fetchall --generate zsh\n\n"
          "_fetchall() {\n"
          "    local -a options commands\n"
          "    commands=(\n",
          out);
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row) {
        fprintf(out, "        '%s:", row->name);
        put_text(out, row->help);
        fputs("'\n", out);
    }
    fputs("    )\n    case $words[2] in\n", out);
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row)
        put_options(out, row->name, row->command);
    put_options(out, "*", FA_COMMAND_FETCH);
    fputs("    esac\n"
          "    if ((CURRENT == 2)) && [[ $PREFIX != -* ]]; then\n"
          "        _describe -t commands command commands\n"
          "    fi\n"
          "    _arguments -s $options '*:list:_files'\n"
          "}\n\n"
          "_fetchall \"$@\"\n",
          out);
}
