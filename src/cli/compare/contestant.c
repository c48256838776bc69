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

#include "cli/compare/picks.h"
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

const char *fa_contestant_options(const struct fa_contestant *contestant, bool stage,
                                  char buf[FA_CONTESTANT_OPTIONS_MAX])
{
    const struct fa_contestant *c = contestant;
    char text[FA_PICK_TEXT_MAX];
    buf[0] = '\0';
    if (stage) {
        options_append(buf, "--hash-with %s", fa_value_hash_with(c->hash_with));
        if (c->jobs > 0 && c->hash_with != FA_HASH_WITH_INLINE)
            options_append(buf, " --hash-jobs %u", c->jobs);
        return buf;
    }
    if (c->defaults)
        return buf;
    options_append(buf, "-m %s -j %u", fa_value_mode(c->mode), c->jobs);
    if (fa_mode_has_loops(c->mode) && c->loops > 0)
        options_append(buf, " --loops %u", c->loops);
    if (c->per_host)
        options_append(buf, " --per-host %s", fa_pick_per_host(c->per_host, text));
    if (c->segments)
        options_append(buf, " --segments %s", fa_pick_segments(c->segments, text));
    if (c->hash)
        options_append(buf, " --hash %s", fa_pick_hash(c->hash, text));
    if (c->http == FA_HTTP_2)
        options_append(buf, " --http 2");
    if (c->hash_with != FA_HASH_WITH_AUTO)
        options_append(buf, " --hash-with %s", fa_value_hash_with(c->hash_with));
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
                 options[0] ? " " : "", options, list ? " " : "",
                 list ? comparison->list : "") < 0)
        return NULL;
    return text;
}

uint64_t fa_contestant_slots(const struct fa_contestant *contestant, uint64_t origins)
{
    bool searched = contestant->per_host & FA_PICK_AUTO || contestant->program;
    uint64_t most = searched ? 0 : origins * contestant->per_host;
    return most > 0 && most < contestant->jobs ? most : contestant->jobs;
}
