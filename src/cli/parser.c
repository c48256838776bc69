/*
 * Long options may be abbreviated, letters may be combined, and options and lists may be mixed, as
 * with GNU getopt_long(3).  An option is looked up among those of the command, which is the first
 * argument.
 *
 * The arguments are read twice: for the early options, one of which names the config file, and,
 * after that file, for the others, which therefore replace its values.
 *
 * getopt_long(3) itself is not used: it requires a second table and global variables, and its
 * messages can neither suggest a name nor say that an option belongs to another command.
 */
#include "cli/parser.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/config_file.h"
#include "cli/rules.h"
#include "cli/subcommands.h"

/* The position in the arguments. */
struct walk {
    struct fa_options *options;
    char *const *next;
    char *const *end;
    bool early;    /* store the early options, else the others */
    unsigned line; /* of the config file; 0: these are arguments */
    struct fa_error *err;
};

static unsigned least_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance of two names: insertions, deletions, substitutions and swaps of
 * neighbours.  grid[i][j] is the distance of the first i characters of a to the first j of b. */
static unsigned name_distance(const char *a, size_t a_len, const char *b)
{
    enum { LONGEST = 24 };
    unsigned grid[LONGEST + 1][LONGEST + 1];
    size_t b_len = strlen(b);
    if (a_len > LONGEST || b_len > LONGEST)
        return LONGEST;
    for (size_t i = 0; i <= a_len; ++i) {
        for (size_t j = 0; j <= b_len; ++j) {
            if (i == 0 || j == 0) {
                grid[i][j] = (unsigned)(i + j);
                continue;
            }
            unsigned best = grid[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = least_of(best, least_of(grid[i - 1][j], grid[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least_of(best, grid[i - 2][j - 2] + 1);
            grid[i][j] = best;
        }
    }
    return grid[a_len][b_len];
}

/* The name that was probably intended, or NULL.  Short names may differ by one edit, others by two:
 * with more, unrelated names would be suggested. */
static const char *name_closest(const char *name, size_t len, enum fa_command command)
{
    const char *found = NULL;
    unsigned least = len < 6 ? 2 : 3;
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row)) {
        unsigned edits =
            fa_option_is_for(row, command) ? name_distance(name, len, row->name) : least;
        if (edits < least) {
            least = edits;
            found = row->name;
        }
    }
    return found;
}

const char *fa_parser_program(enum fa_command command)
{
    switch (command) {
    case FA_COMMAND_STATUS:
        return "fetchall status";
    case FA_COMMAND_VERIFY:
        return "fetchall verify";
    case FA_COMMAND_MERGE:
        return "fetchall merge";
    case FA_COMMAND_COMPARE:
        return "fetchall compare";
    case FA_COMMAND_ENQUEUE:
        return "fetchall enqueue";
    case FA_COMMAND_WORK:
        return "fetchall work";
    case FA_COMMAND_DOCTOR:
        return "fetchall doctor";
    case FA_COMMAND_EXPLAIN:
        return "fetchall explain";
    case FA_COMMAND_FETCH:
        break;
    }
    return "fetchall";
}

/* An option of another command gets a message of its own: its name is right, but not here. */
static int walk_refuse_unknown(const char *name, size_t len, enum fa_command command,
                               struct fa_error *err)
{
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row))
        if (strncmp(row->name, name, len) == 0 && !row->name[len] && len > 0)
            return fa_option_refuse(err, "--%s is not an option of '%s'", row->name,
                                    fa_parser_program(command));
    const char *meant = name_closest(name, len, command);
    if (meant)
        return fa_option_refuse(err, "unknown option --%.*s; did you mean --%s?", (int)len, name,
                                meant);
    return fa_option_refuse(err, "unknown option --%.*s", (int)len, name);
}

/* The option of that name, or the only one with that prefix; else NULL, and an error.  A full name
 * wins: --hash is not ambiguous, although --hash-jobs exists. */
static const struct fa_option *option_find_name(const char *name, size_t len,
                                                enum fa_command command, struct fa_error *err)
{
    const struct fa_option *found = NULL;
    char names[160] = "";
    unsigned matches = 0;
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row)) {
        if (!fa_option_is_for(row, command) || strncmp(row->name, name, len) != 0)
            continue;
        if (!row->name[len])
            return row;
        size_t used = strlen(names);
        snprintf(names + used, sizeof(names) - used, "%s--%s", used ? ", " : "", row->name);
        found = row;
        ++matches;
    }
    if (matches == 0)
        walk_refuse_unknown(name, len, command, err);
    else if (matches > 1)
        fa_option_refuse(err, "ambiguous option --%.*s: %s", (int)len, name, names);
    return matches == 1 ? found : NULL;
}

static const struct fa_option *option_find_letter(char letter, enum fa_command command)
{
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row))
        if (fa_option_is_for(row, command) && row->letter == letter)
            return row;
    return NULL;
}

/* Keep the options for the runs of a comparison.  --header=@FILE is kept as it is: the lines of the
 * file would show secrets in the list of processes. */
static int walk_pass_on(struct walk *walk, const struct fa_option *row, const char *value)
{
    if (walk->options->command != FA_COMMAND_COMPARE || !fa_option_is_for(row, FA_COMMAND_FETCH))
        return 0;
    char *text = NULL;
    int len = asprintf(&text, "--%s%s%s", row->name, value ? "=" : "", value ? value : "");
    int rc = len < 0 ? -1 : fa_texts_add(&walk->options->passed, text, (size_t)len);
    if (len >= 0)
        free(text);
    return rc == 0 ? 0 : fa_option_refuse(walk->err, "out of memory");
}

static int walk_note(struct walk *walk, const struct fa_option *row, const char *value)
{
    struct fa_options *options = walk->options;
    struct fa_given *more =
        realloc(options->given, (options->n_given + 1) * sizeof(*options->given));
    if (!more)
        return fa_option_refuse(walk->err, "out of memory");
    options->given = more;
    more[options->n_given++] = (struct fa_given){row, value, walk->line};
    return 0;
}

static int walk_store(struct walk *walk, const struct fa_option *row, const char *value)
{
    if (row->early != walk->early)
        return 0;
    if (fa_option_store(row, walk->options, value, walk->err) != 0)
        return -1;
    if (walk->early)
        return 0;
    return walk_note(walk, row, value) == 0 ? walk_pass_on(walk, row, value) : -1;
}

/* Use the next argument as the value of an option. */
static int walk_store_next(struct walk *walk, const struct fa_option *row)
{
    if (walk->next == walk->end)
        return fa_option_refuse(walk->err, "--%s requires a value (%s)", row->name, row->arg);
    return walk_store(walk, row, *walk->next++);
}

/* text: an argument without its dashes. */
static int walk_parse_name(struct walk *walk, const char *text)
{
    size_t len = strcspn(text, "=");
    const struct fa_option *row = option_find_name(text, len, walk->options->command, walk->err);
    if (!row)
        return -1;
    const char *value = text[len] ? text + len + 1 : NULL;
    if (!row->arg && value)
        return fa_option_refuse(walk->err, "--%s does not accept a value", row->name);
    if (row->arg && !value)
        return walk_store_next(walk, row);
    return walk_store(walk, row, value);
}

/* cluster: an argument without its dash. */
static int walk_parse_letters(struct walk *walk, const char *cluster)
{
    for (const char *text = cluster; *text; ++text) {
        const struct fa_option *row = option_find_letter(*text, walk->options->command);
        if (!row)
            return fa_option_refuse(walk->err, "unknown option -%c in '-%s'", *text, cluster);
        if (row->arg && text[1])
            return walk_store(walk, row, text + 1);
        if (row->arg)
            return walk_store_next(walk, row);
        if (walk_store(walk, row, NULL) != 0)
            return -1;
    }
    return 0;
}

/* A misspelt command would be taken for a list that does not exist, and the lists after it would be
 * downloaded. */
static int walk_check_command(const char *arg, struct fa_error *err)
{
    enum { EDITS_MOST = 2 };
    if (arg[0] == '-' || strchr(arg, '/') || access(arg, F_OK) == 0)
        return 0;
    for (const struct fa_command_text *row = fa_subcommands_table; row->name; ++row)
        if (name_distance(arg, strlen(arg), row->name) <= EDITS_MOST)
            return fa_option_refuse(err, "no such list: '%s'; did you mean the command '%s'?", arg,
                                    row->name);
    return 0;
}

/* --help works whatever follows it, and without the config file. */
static bool action_ends_parsing(enum fa_action action)
{
    return action != FA_ACTION_RUN && action != FA_ACTION_SHOW_CONFIG;
}

static int walk_arguments(struct walk walk)
{
    bool lists_only = false;
    while (walk.next < walk.end) {
        const char *arg = *walk.next++;
        int rc = 0;
        if (lists_only || arg[0] != '-' || !arg[1])
            rc = walk.early ? 0 : fa_options_add_list(walk.options, arg, walk.err);
        else if (strcmp(arg, "--") == 0)
            lists_only = true;
        else if (arg[1] == '-')
            rc = walk_parse_name(&walk, arg + 2);
        else
            rc = walk_parse_letters(&walk, arg + 1);
        if (rc != 0)
            return -1;
        if (walk.early && action_ends_parsing(walk.options->action))
            return 0;
    }
    return 0;
}

/* Full names only, so that a later version can have more options. */
static const struct fa_option *option_find_full_name(const char *name, unsigned commands)
{
    for (const struct fa_option *row = fa_options_next(NULL); row; row = fa_options_next(row))
        if (strcmp(row->name, name) == 0 && fa_option_is_for(row, commands))
            return row;
    return NULL;
}

/* The file is for all commands: each takes what it accepts.  A line that is no option may be a
 * secret: it is not printed. */
static int walk_take_line(void *ctx, unsigned line, const char *name, const char *value,
                          struct fa_error *err)
{
    struct walk walk = *(struct walk *)ctx;
    struct fa_options *options = walk.options;
    const struct fa_option *row = option_find_full_name(name, options->command);
    walk.line = line;
    walk.err = err;
    if (!*name || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")])
        return fa_option_refuse(err, "not an option, such as 'jobs = 64'");
    if (!row && option_find_full_name(name, ~0u))
        return 0;
    if (!row)
        return walk_refuse_unknown(name, strlen(name), options->command, err);
    if (row->early)
        return fa_option_refuse(err, "--%s is for the command line only", name);
    if (!row->arg && value)
        return fa_option_refuse(err, "--%s does not accept a value", name);
    if (row->arg && !value)
        return fa_option_refuse(err, "--%s requires a value (%s)", name, row->arg);
    if (value && fa_texts_add(&options->config_values, value, strlen(value)) != 0)
        return fa_option_refuse(err, "out of memory");
    return walk_store(
        &walk, row, value ? options->config_values.items[options->config_values.count - 1] : NULL);
}

int fa_parser_run(struct fa_options *options, int argc, char *const argv[], struct fa_error *err)
{
    struct walk walk = {options, argv + (argc > 0), argv + argc, true, 0, err};
    const struct fa_command_text *command =
        walk.next < walk.end ? fa_subcommands_find(*walk.next) : NULL;
    if (command) {
        options->command = command->command;
        ++walk.next;
    } else if (walk.next < walk.end && walk_check_command(*walk.next, err) != 0) {
        return -1;
    }
    if (walk_arguments(walk) != 0)
        return -1;
    if (action_ends_parsing(options->action))
        return 0;
    walk.early = false;
    if (fa_config_file_read(options, walk_take_line, &walk, err) != 0 || walk_arguments(walk) != 0)
        return -1;
    return options->action == FA_ACTION_RUN ? fa_options_check(options, err) : 0;
}
