#include "cli/compare/tuned.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/compare/contestant.h"
#include "cli/config_block.h"
#include "cli/config_file.h"
#include "cli/term.h"

/* When it was measured, and the options of the best contestant; to be freed. */
static char *tuned_lines(const struct fa_result_of *result)
{
    const struct fa_comparison *comparison = &result->comparison;
    const struct fa_contestant *best = &comparison->contestants[result->verdict.best];
    char options[FA_CONTESTANT_OPTIONS_MAX], *text = NULL;
    if (best->defaults)
        return strdup("");
    if (asprintf(&text, "# measured %s\n%s", comparison->when, fa_contestant_lines(best, options)) <
        0)
        return NULL;
    return text;
}

/* @return the path of the config file, to be freed, or NULL. */
static char *tuned_path(const struct fa_options *options, struct fa_error *err)
{
    char *path = fa_config_file_path(options);
    if (!path)
        fa_option_refuse(err, "--write: there is no place for a config file: give --config");
    return path;
}

int fa_tuned_check(const struct fa_options *options, struct fa_error *err)
{
    if (!options->compare.write)
        return 0;
    char *path = tuned_path(options, err);
    int rc = path ? fa_config_block_check(path, err) : -1;
    free(path);
    return rc;
}

int fa_tuned_write(const struct fa_options *options, const struct fa_result_of *result,
                   struct fa_error *err)
{
    if (!result->judged || !result->verdict.concluded) {
        fputs("fetchall: nothing is written, as there is no conclusion\n", stderr);
        return 0;
    }
    char *path = tuned_path(options, err), *lines = tuned_lines(result);
    bool missing = path && access(path, F_OK) != 0;
    int rc = path && lines ? 0 : -1;
    if (!lines)
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot write the settings");
    /* From a missing file, there is nothing to remove. */
    if (rc == 0 && (!missing || *lines))
        rc = fa_config_block_write(path, lines, err);
    if (rc == 0 && !options->quiet) {
        fprintf(stderr, "fetchall: %s '",
                *lines ? "the settings are now in" : "the defaults need no options in");
        fa_term_put(stderr, path);
        fputs("'\n", stderr);
    }
    free(path);
    free(lines);
    return rc;
}
