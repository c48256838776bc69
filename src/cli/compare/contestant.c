/*
 * Only options that a plain fetchall would not choose by itself are written, so that the
 * recommended command is as short as possible.
 *
 * A truncated command would be a wrong command: FA_CONTESTANT_OPTIONS_MAX has space for all options
 * with their longest values.
 */
#include "cli/compare/contestant.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/compare/program.h"
#include "cli/value.h"

/* Append as much as fits. */
__attribute__((format(printf, 2, 3))) static void options_append(
    char buf[FA_CONTESTANT_OPTIONS_MAX], const char *format, ...)
{
    size_t used = strlen(buf);
    va_list args;
    va_start(args, format);
    vsnprintf(buf + used, FA_CONTESTANT_OPTIONS_MAX - used, format, args);
    va_end(args);
}

/* One option, for the command line or as a line of the config file.  @short_name  NULL: none. */
static void options_put(char buf[FA_CONTESTANT_OPTIONS_MAX], bool lines, const char *name,
                        const char *short_name, const char *value)
{
    if (lines)
        options_append(buf, "%s = %s\n", name, value);
    else
        options_append(buf, "%s%s%s %s", buf[0] ? " " : "", short_name ? short_name : "--",
                       short_name ? "" : name, value);
}

size_t fa_contestant_picked(const struct fa_contestant *contestant,
                            struct fa_picked ret[FA_PICKED_MAX])
{
    const struct {
        const char *option;
        unsigned value;
        const char *(*print)(unsigned value, char buf[FA_PICK_TEXT_MAX]);
    } all[FA_PICKED_MAX] = {
        {"per-host", contestant->per_host, fa_pick_per_host},
        {"segments", contestant->segments, fa_pick_segments},
        {"hash", contestant->hash, fa_pick_hash},
    };
    size_t n = 0;
    for (size_t i = 0; i < FA_PICKED_MAX; ++i) {
        if (!all[i].value)
            continue;
        char text[FA_PICK_TEXT_MAX];
        ret[n].option = all[i].option;
        snprintf(ret[n++].value, FA_PICK_TEXT_MAX, "%s", all[i].print(all[i].value, text));
    }
    return n;
}

static void options_put_all(char buf[FA_CONTESTANT_OPTIONS_MAX], bool lines,
                            const struct fa_contestant *c)
{
    char text[FA_PICK_TEXT_MAX];
    struct fa_picked picked[FA_PICKED_MAX];
    size_t n = fa_contestant_picked(c, picked);
    if (c->defaults)
        return;
    options_put(buf, lines, "mode", "-m", fa_value_mode(c->mode));
    snprintf(text, sizeof(text), "%u", c->jobs);
    options_put(buf, lines, "jobs", "-j", text);
    snprintf(text, sizeof(text), "%u", c->loops);
    if (fa_mode_has_loops(c->mode) && c->loops > 0)
        options_put(buf, lines, "loops", NULL, text);
    for (size_t i = 0; i < n; ++i)
        options_put(buf, lines, picked[i].option, NULL, picked[i].value);
    if (c->http == FA_HTTP_2)
        options_put(buf, lines, "http", NULL, "2");
    if (c->hash_with != FA_HASH_WITH_AUTO)
        options_put(buf, lines, "hash-with", NULL, fa_value_hash_with(c->hash_with));
}

const char *fa_contestant_options(const struct fa_contestant *contestant, bool stage,
                                  char buf[FA_CONTESTANT_OPTIONS_MAX])
{
    buf[0] = '\0';
    if (!stage) {
        options_put_all(buf, false, contestant);
        return buf;
    }
    options_append(buf, "--hash-with %s", fa_value_hash_with(contestant->hash_with));
    if (contestant->jobs > 0 && contestant->hash_with != FA_HASH_WITH_INLINE)
        options_append(buf, " --hash-jobs %u", contestant->jobs);
    return buf;
}

const char *fa_contestant_lines(const struct fa_contestant *contestant,
                                char buf[FA_CONTESTANT_OPTIONS_MAX])
{
    buf[0] = '\0';
    options_put_all(buf, true, contestant);
    return buf;
}

/* The files of a program are those of a comparison: their places stay in braces. */
static char *program_command(const struct fa_contestant *contestant)
{
    static const char jobs[] = "{jobs}";
    const char *command = contestant->program->command, *at = strstr(command, jobs);
    char *text = NULL;
    if (!contestant->program->known)
        return NULL;
    if (!at)
        return strdup(command);
    int before = (int)(at - command);
    if (asprintf(&text, "%.*s%u%s", before, command, contestant->jobs, at + sizeof(jobs) - 1) < 0)
        return NULL;
    return text;
}

char *fa_contestant_command(const struct fa_contestant *contestant,
                            const struct fa_comparison *comparison)
{
    char options[FA_CONTESTANT_OPTIONS_MAX], *text = NULL;
    bool list = comparison->list && comparison->list[0];
    if (contestant->program)
        return program_command(contestant);
    fa_contestant_options(contestant, comparison->stage, options);
    if (asprintf(&text, "%s%s%s%s%s", comparison->command ? comparison->command : "fetchall",
                 options[0] ? " " : "", options, list ? " " : "", list ? comparison->list : "") < 0)
        return NULL;
    return text;
}

uint64_t fa_contestant_slots(const struct fa_contestant *contestant, uint64_t origins)
{
    bool searched = contestant->per_host & FA_PICK_AUTO || contestant->program;
    uint64_t most = searched ? 0 : origins * contestant->per_host;
    return most > 0 && most < contestant->jobs ? most : contestant->jobs;
}
