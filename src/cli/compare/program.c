/*
 * The commands of the known programs, and the commands of users.
 *
 * The known ones read URLs, headers and names from files of mode 0600, since anyone can read the
 * arguments of a process.  xargs passes URLs as arguments, as its users do: it is left out if one
 * of them has a secret (program_files.c).
 */
#include "cli/compare/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/which.h"
#include "cli/options.h"

/* --no-conf, -q and their like keep the user's own files from changing what is compared. */
static const struct fa_program known_programs[] = {
    {"curl", 4, "curl -q -Z --parallel-max {jobs} -K {curl}", true},
    {"wget2", 5, "wget2 --config={wget2rc} --max-threads={jobs} -P {dir} -i {list}", true},
    {"aria2c", 6, "aria2c --conf-path={aria2rc} -j {jobs} -d {dir} -i {aria2}", true},
    {"xargs", 5, "xargs -r -d '\\n' -a {pairs} -P {jobs} -n 2 curl -q -K {curlrc} -o", true},
};
#define KNOWN (sizeof(known_programs) / sizeof(*known_programs))

static const struct fa_program *program_known(const char *name, size_t len)
{
    for (size_t i = 0; i < KNOWN; ++i)
        if (known_programs[i].name_len == len && memcmp(known_programs[i].name, name, len) == 0)
            return &known_programs[i];
    return NULL;
}

static int programs_add(struct fa_programs *programs, const struct fa_program *program,
                        struct fa_error *err)
{
    for (size_t i = 0; i < programs->count; ++i)
        if (programs->items[i].name_len == program->name_len &&
            memcmp(programs->items[i].name, program->name, program->name_len) == 0)
            return fa_option_refuse(err, "--with has '%.*s' twice", (int)program->name_len,
                                    program->name);
    if (programs->count == FA_PROGRAMS_MAX)
        return fa_option_refuse(err, "--with accepts at most %d programs", FA_PROGRAMS_MAX);
    programs->items[programs->count++] = *program;
    return 0;
}

/* A name is a row of tables: short, and without what a terminal or a shell interprets. */
static bool name_is_valid(const char *name, size_t len)
{
    static const char valid[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
    return len > 0 && len <= 32 && strspn(name, valid) >= len;
}

static int programs_add_command(struct fa_programs *programs, const char *value, size_t len,
                                struct fa_error *err)
{
    struct fa_program program = {value, len, value + len + 1, false};
    static const struct fa_place none = {0};
    struct fa_texts words = {0};
    if (!name_is_valid(value, len))
        return fa_option_refuse(err, "--with requires NAME=COMMAND, with a name of up to 32 "
                                     "letters, digits, dots, dashes, '_' and '+'");
    int rc = fa_program_words(program.command, &none, &words, err);
    fa_texts_fini(&words);
    return rc == 0 ? programs_add(programs, &program, err) : -1;
}

int fa_programs_parse(struct fa_options *options, const char *value, struct fa_error *err)
{
    struct fa_programs *programs = &options->compare.programs;
    size_t name = strcspn(value, "=");
    if (value[name])
        return programs_add_command(programs, value, name, err);
    for (const char *at = value;; ++at) {
        size_t len = strcspn(at, ",");
        const struct fa_program *program = program_known(at, len);
        if (!program)
            return fa_option_refuse(err,
                                    "--with requires curl, wget2, aria2c and xargs, separated by "
                                    "commas, or NAME=COMMAND, not '%.*s'",
                                    (int)len, at);
        if (programs_add(programs, program, err) != 0)
            return -1;
        at += len;
        if (!*at)
            return 0;
    }
}

/* The place whose name, in braces, is the start of a text; or NULL. */
static const struct fa_place *place_at(const struct fa_place *places, const char *text)
{
    for (; *text == '{' && places->name; ++places) {
        size_t len = strlen(places->name);
        if (strncmp(text + 1, places->name, len) == 0 && text[1 + len] == '}')
            return places;
    }
    return NULL;
}

/* Put the next word, without its quotes.  @return after it, or NULL: a quote is not closed. */
static const char *word_put(FILE *out, const char *at, const struct fa_place *places)
{
    char quote = 0;
    for (; *at && (quote || *at != ' '); ++at) {
        const struct fa_place *place = place_at(places, at);
        if (place) {
            fputs(place->value, out);
            at += strlen(place->name) + 1;
        } else if (quote ? *at == quote : *at == '\'' || *at == '"') {
            quote = quote ? 0 : *at;
        } else {
            if (*at == '\\' && quote != '\'' && at[1])
                ++at;
            putc(*at, out);
        }
    }
    return quote ? NULL : at;
}

int fa_program_words(const char *command, const struct fa_place *places, struct fa_texts *ret,
                     struct fa_error *err)
{
    const char *at = command + strspn(command, " ");
    bool failed = false;
    if (!*at)
        return fa_option_refuse(err, "--with requires a command after NAME=");
    while (at && *at && !failed) {
        char *word = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&word, &len);
        at = out ? word_put(out, at, places) : at;
        failed = !out || fclose(out) != 0 || fa_texts_add(ret, word, len) != 0;
        free(word);
        if (at)
            at += strspn(at, " ");
    }
    if (!at)
        return fa_option_refuse(err, "--with: a quote is not closed in the command");
    return failed ? fa_option_refuse(err, "out of memory") : 0;
}

/* An absolute path: a run has another working directory. */
char *fa_program_find(const char *word)
{
    char *found = fa_which(word);
    if (!found || !strchr(word, '/'))
        return found;
    char *path = realpath(found, NULL);
    free(found);
    return path;
}
