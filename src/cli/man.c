/*
 * The manual is man/fetchall.1.in with the option and command sections generated from the table.  A
 * sentence starts on a new line, as roff requires for the spacing between sentences.
 *
 * roff prints some ASCII characters as typographic ones: an unescaped - may become a hyphen
 * (U+2010) and a ' a closing quote, which a shell does not understand when they are pasted.
 * put_char() escapes them (groff_char(7)).  A line that starts with a full stop is a request, so no
 * sentence of the table may start with one.
 */
#include "cli/man.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <fetchall/version.h>

#include "cli/explain.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/subcommands.h"

static void put_char(FILE *out, char c)
{
    static const struct {
        char c;
        const char *roff;
    } special[] = {{'-', "\\-"},   {'\\', "\\e"},  {'\'', "\\(aq"},
                   {'`', "\\(ga"}, {'^', "\\(ha"}, {'~', "\\(ti"}};
    for (size_t i = 0; i < sizeof(special) / sizeof(*special); ++i) {
        if (special[i].c == c) {
            fputs(special[i].roff, out);
            return;
        }
    }
    fputc(c, out);
}

static void put_text(FILE *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; ++i)
        put_char(out, text[i]);
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '-';
}

/* The length of the option at text ("--name" or "-n"), which is printed in bold; else 0. */
static size_t option_at(const char *text)
{
    if (text[0] != '-' || !is_name(text[1]))
        return 0;
    size_t len = 1;
    while (is_name(text[len]))
        ++len;
    return len;
}

/* Print sentences with options in bold, each sentence on its own line. */
static void put_prose(FILE *out, const char *text)
{
    bool word_begins = true;
    while (*text) {
        size_t len = word_begins ? option_at(text) : 0;
        if (len) {
            fputs("\\fB", out);
            put_text(out, text, len);
            fputs("\\fR", out);
            text += len;
        } else if (strncmp(text, ".  ", 3) == 0) {
            fputs(".\n", out);
            text += 3;
        } else {
            /* A hyphen inside a word is a possible line break. */
            if (*text == '-')
                fputc('-', out);
            else
                put_char(out, *text);
            ++text;
        }
        word_begins = text[-1] == ' ' || text[-1] == '(';
    }
    fputc('\n', out);
}

/* "-m, --mode MODE" */
static void put_names(FILE *out, const struct fa_option *row)
{
    fputs(".TP\n", out);
    if (row->letter)
        fprintf(out, "\\fB\\-%c\\fR, ", row->letter);
    fputs("\\fB\\-\\-", out);
    put_text(out, row->name, strlen(row->name));
    fputs("\\fR", out);
    if (row->arg) {
        fputs(" \\fI", out);
        put_text(out, row->arg, strlen(row->arg));
        fputs("\\fR", out);
    }
    fputc('\n', out);
}

static void put_option(FILE *out, const struct fa_option *row, const struct fa_options *defaults)
{
    put_names(out, row);
    /* A help line is lower case without a full stop; the manual has sentences. */
    char sentence[160];
    snprintf(sentence, sizeof(sentence), "%s.", row->help);
    sentence[0] = (char)toupper((unsigned char)sentence[0]);
    put_prose(out, sentence);
    if (row->more)
        put_prose(out, row->more);

    const char *first = row->type == FA_OPTION_CHOICE ? "One of " : "Any of ";
    for (unsigned i = 0; row->choice && row->choice(i); ++i) {
        const char *glue = i == 0 ? first : row->choice(i + 1) ? ", " : " or ";
        fprintf(out, "%s\\fB%s\\fR", glue, row->choice(i));
    }
    if (row->choice)
        fputs(".\n", out);
    char buf[40];
    const char *initial = fa_option_default(row, defaults, buf, sizeof(buf));
    if (initial) {
        fputs("The default is ", out);
        put_text(out, initial, strlen(initial));
        /* Avoid ".." if the default is the directory ".". */
        fputs(strcmp(initial, ".") == 0 ? " (the current directory).\n" : ".\n", out);
    }
}

/* Describe only the command's own options; those that it shares with a download are listed by name,
 * because OPTIONS describes them. */
static void put_command(FILE *out, const struct fa_command_text *text,
                        const struct fa_options *defaults)
{
    fprintf(out, ".SS fetchall %s\n", text->name);
    put_prose(out, text->more);
    const char *glue = "As above: ";
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row))
        if (fa_option_is_for(row, text->command) && !fa_option_is_for(row, FA_COMMAND_FETCH))
            put_option(out, row, defaults);
    fputs(".PP\n", out);
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row)) {
        if (!fa_option_is_for(row, text->command) || !fa_option_is_for(row, FA_COMMAND_FETCH))
            continue;
        fprintf(out, "%s\\fB\\-\\-", glue);
        put_text(out, row->name, strlen(row->name));
        fputs("\\fR", out);
        glue = ",\n";
    }
    fputs(".\n", out);
}

static void put_options(FILE *out, const struct fa_options *defaults)
{
    const struct fa_option *group = NULL; /* without an option yet */
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row)) {
        if (row->type == FA_OPTION_GROUP)
            group = row;
        if (!fa_option_is_for(row, FA_COMMAND_FETCH))
            continue;
        if (group)
            fprintf(out, ".SS %s\n", group->help);
        group = NULL;
        put_option(out, row, defaults);
    }
}

static void put_commands(FILE *out, const struct fa_options *defaults)
{
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row)
        put_command(out, row, defaults);
}

static void put_classes(FILE *out, const struct fa_options *defaults)
{
    (void)defaults;
    for (enum fa_class class = FA_CLASS_NONE + 1; class < FA_CLASSES; ++class) {
        fprintf(out, ".TP\n.B %s\n", fa_class_name(class));
        const char *meaning = fa_explain_class(class)->meaning;
        put_text(out, meaning, strlen(meaning));
        fputc('\n', out);
    }
}

static void put_version(FILE *out, const struct fa_options *defaults)
{
    (void)defaults;
    fputs(FA_VERSION, out);
}

/* The generated parts and the placeholders that they replace. */
static const struct {
    const char *placeholder;
    void (*put)(FILE *out, const struct fa_options *defaults);
} parts[] = {
    {"@VERSION@", put_version},
    {"@OPTIONS@\n", put_options},
    {"@COMMANDS@\n", put_commands},
    {"@CLASSES@\n", put_classes},
};

/* Print the part whose placeholder is at text.  @return the placeholder's length; 0 if there is
 * none. */
static size_t put_part(FILE *out, const char *text, const struct fa_options *defaults)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); ++i) {
        size_t len = strlen(parts[i].placeholder);
        if (strncmp(text, parts[i].placeholder, len) == 0) {
            parts[i].put(out, defaults);
            return len;
        }
    }
    return 0;
}

/* An @ that starts no placeholder, as in -H @FILE, is printed as it is. */
void fa_man_print(FILE *out)
{
    struct fa_options defaults;
    fa_options_init(&defaults);
    for (const char *at = fa_manual; *at;) {
        size_t len = *at == '@' ? put_part(out, at, &defaults) : 0;
        if (len == 0)
            fputc(*at++, out);
        at += len;
    }
    fa_options_fini(&defaults);
}
