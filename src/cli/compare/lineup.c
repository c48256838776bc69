/*
 * A program that is not installed is left out instead of failing the comparison: the same command
 * line is used on several machines.
 *
 * xargs passes URLs to curl as arguments, which anyone can read, so it is left out if one of them
 * has a secret.
 */
#include "cli/compare/lineup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/term.h"
#include "cli/units.h"

/* Why a program cannot run, or NULL.  @ret_word  The program that is missing; to be freed. */
static const char *program_find_obstacle(const struct fa_program *program,
                                         const struct fa_program_files *files, char **ret_word)
{
    static const struct fa_place none = {0};
    struct fa_texts words = {0};
    struct fa_error err = {0};
    const char *why = NULL;
    if (fa_program_words(program->command, &none, &words, &err) != 0)
        return "out of memory";
    char *path = fa_program_find(words.items[0]);
    *ret_word = strdup(words.items[0]);
    if (!path)
        why = "is not installed";
    else if (program->known && strstr(program->command, "{pairs}") && files->secret > 0)
        why = "would show secrets of URLs in the arguments of its processes";
    free(path);
    fa_texts_fini(&words);
    return why;
}

/* Report each program once, although it may be several contestants. */
static bool contestant_can_run(const struct fa_contestant *contestant,
                               const struct fa_program *before,
                               const struct fa_program_files *files)
{
    char *word = NULL;
    if (!contestant->program)
        return true;
    const char *why = program_find_obstacle(contestant->program, files, &word);
    if (why && contestant->program != before) {
        fprintf(stderr, "fetchall: %s is left out: '", contestant->name);
        fa_term_put(stderr, word ? word : contestant->name);
        fprintf(stderr, "' %s\n", why);
    }
    free(word);
    return !why;
}

/* Other programs have no limit per host.  With numbers of connections that a host never gets from
 * fetchall, they would be compared at something else. */
static unsigned runs_most_jobs(const struct fa_runs *runs)
{
    const struct fa_config *config = &runs->options->config;
    uint64_t most = config->per_host_auto ? 0 : runs->origins * config->per_host;
    return most > UINT32_MAX ? 0 : (unsigned)most;
}

/* Write the files below the absolute path of the folder, as programs run in another one. */
static int runs_write_files(struct fa_runs *runs, struct fa_error *err)
{
    char *folder = realpath(runs->folder.path, NULL);
    int rc = -1;
    if (folder)
        rc = fa_program_files_write(&runs->programs, runs->options, runs->list, folder, err);
    else
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot prepare the runs in '%s'",
                        runs->folder.path);
    free(folder);
    return rc;
}

int fa_lineup_prepare(struct fa_runs *runs, struct fa_contestant *contestants, size_t *n,
                      struct fa_error *err)
{
    const struct fa_program *before = NULL;
    size_t kept = 0;
    if (runs->options->compare.programs.count == 0)
        return 0;
    if (runs_write_files(runs, err) != 0)
        return -1;
    runs->jobs_most = runs_most_jobs(runs);
    for (size_t i = 0; i < *n; ++i) {
        if (contestant_can_run(&contestants[i], before, &runs->programs))
            contestants[kept++] = contestants[i];
        before = contestants[i].program;
    }
    *n = kept;
    uint64_t own = runs->programs.headers;
    if (own > 0 && !runs->options->quiet)
        fprintf(stderr, "fetchall: %llu entr%s header lines, which only aria2c gets, too\n",
                (unsigned long long)own, own == 1 ? "y has" : "ies have");
    return 0;
}
