#include "cli/show_config.h"

#include <stdlib.h>
#include <string.h>

#include "cli/shown.h"
#include "cli/term.h"

/* Columns of the names, and of the values. */
#define NAMES_WIDTH  16
#define VALUES_WIDTH 28

static void put_line(FILE *out, const char *name, const char *value, const char *from)
{
    fprintf(out, "%-*s ", NAMES_WIDTH, name);
    fa_term_put(out, value);
    int rest = VALUES_WIDTH - (int)strlen(value);
    fprintf(out, "%*s %s\n", rest > 0 ? rest : 0, "", from);
}

static void put_given(FILE *out, const struct fa_options *options, const struct fa_given *given)
{
    const char *name = given->option->name;
    char from[48] = "command line";
    char *shown =
        given->value ? fa_option_shown(name, given->value, options->config.secret_keys) : NULL;
    if (given->line > 0)
        snprintf(from, sizeof(from), "config file, line %u", given->line);
    put_line(out, name, given->value ? shown ? shown : "?" : "yes", from);
    free(shown);
}

static const struct fa_given *given_last(const struct fa_options *options,
                                         const struct fa_option *option)
{
    for (size_t i = options->n_given; i > 0; --i)
        if (options->given[i - 1].option == option)
            return &options->given[i - 1];
    return NULL;
}

static void put_option(FILE *out, const struct fa_options *options,
                       const struct fa_options *defaults, const struct fa_option *option)
{
    char buf[64];
    const struct fa_given *last = given_last(options, option);
    if (!last) {
        const char *value = fa_option_default(option, defaults, buf, sizeof(buf));
        put_line(out, option->name, value ? value : option->arg ? "none" : "no", "default");
        return;
    }
    for (size_t i = 0; option->repeats && i < options->n_given; ++i)
        if (options->given[i].option == option && &options->given[i] != last)
            put_given(out, options, &options->given[i]);
    put_given(out, options, last);
}

void fa_show_config_print(FILE *out, const struct fa_options *options)
{
    struct fa_options defaults;
    fa_options_init(&defaults);
    fputs("config file: ", out);
    fa_term_put(out, options->config_path ? options->config_path : "none");
    putc('\n', out);
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row))
        if (fa_option_is_for(row, options->command) && !row->early)
            put_option(out, options, &defaults, row);
    fa_options_fini(&defaults);
}
