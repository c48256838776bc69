/*
 * With "auto" the scheduler that started the program says which shard it is.  The variables are
 * those of Slurm's job arrays (sbatch(1), "OUTPUT ENVIRONMENT VARIABLES") and of Kubernetes'
 * indexed jobs, where the number of completions has no variable of its own.
 */
#include "cli/shards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <fetchall/state.h>

#include "cli/options.h"
#include "cli/value.h"

static bool set_shard(struct fa_options *options, uint64_t shard, uint64_t shards)
{
    if (shard >= shards || shards > FA_SHARDS_MAX)
        return false;
    options->config.shard = (unsigned)shard;
    options->config.shards = (unsigned)shards;
    return true;
}

static bool parse_fraction(struct fa_options *options, const char *value)
{
    char first[24];
    uint64_t shard, shards;
    const char *slash = strchr(value, '/');
    if (!slash || slash == value || (size_t)(slash - value) >= sizeof(first))
        return false;
    snprintf(first, sizeof(first), "%.*s", (int)(slash - value), value);
    return fa_value_number(first, &shard) == 0 && fa_value_number(slash + 1, &shards) == 0 &&
           set_shard(options, shard, shards);
}

/* @missing  The value if it is not set.  @return 0, or -1: not a number. */
static int read_number(const char *name, uint64_t missing, uint64_t *ret)
{
    const char *text = getenv(name);
    *ret = missing;
    return !text || !text[0] ? 0 : fa_value_number(text, ret);
}

/* The index of an array may start anywhere and have a step: --array=1-9:2. */
static int parse_slurm(struct fa_options *options, struct fa_error *err)
{
    uint64_t id, least, step, count;
    if (read_number("SLURM_ARRAY_TASK_ID", 0, &id) ||
        read_number("SLURM_ARRAY_TASK_MIN", 0, &least) ||
        read_number("SLURM_ARRAY_TASK_STEP", 1, &step) ||
        read_number("SLURM_ARRAY_TASK_COUNT", 0, &count) || step == 0 || id < least ||
        (id - least) % step > 0 || !set_shard(options, (id - least) / step, count))
        return fa_option_refuse(
            err, "--shard auto: SLURM_ARRAY_TASK_ID is not one of a whole array from "
                 "SLURM_ARRAY_TASK_MIN: submit it with --array=0-15 for "
                 "16 shards, or give --shard I/N");
    return 0;
}

static int parse_kubernetes(struct fa_options *options, struct fa_error *err)
{
    uint64_t index, count;
    if (read_number("JOB_COMPLETION_INDEX", 0, &index) ||
        read_number("FETCHALL_SHARDS", 0, &count) || !set_shard(options, index, count))
        return fa_option_refuse(err,
                                "--shard auto: JOB_COMPLETION_INDEX must be below FETCHALL_SHARDS: "
                                "set that to the completions of the job");
    return 0;
}

static int parse_auto(struct fa_options *options, struct fa_error *err)
{
    const char *own = getenv("FETCHALL_SHARD");
    if (own && own[0])
        return parse_fraction(options, own)
                   ? 0
                   : fa_option_refuse(err,
                                      "FETCHALL_SHARD requires I/N, with I from 0 to N-1, not "
                                      "'%s'",
                                      own);
    if (getenv("SLURM_ARRAY_TASK_ID"))
        return parse_slurm(options, err);
    if (getenv("JOB_COMPLETION_INDEX"))
        return parse_kubernetes(options, err);
    return fa_option_refuse(err, "--shard auto: none of FETCHALL_SHARD, SLURM_ARRAY_TASK_ID and "
                                 "JOB_COMPLETION_INDEX is set");
}

int fa_shards_parse(struct fa_options *options, const char *value, struct fa_error *err)
{
    if (strcmp(value, "auto") == 0)
        return parse_auto(options, err);
    if (parse_fraction(options, value))
        return 0;
    return fa_option_refuse(err, "--shard requires 'auto', or I/N with I from 0 to N-1, not '%s'",
                            value);
}

/* A leading dot does not begin a suffix. */
char *fa_shards_file(const char *file, unsigned shard, unsigned shards)
{
    char *name = NULL;
    const char *slash = strrchr(file, '/');
    const char *base = slash ? slash + 1 : file;
    const char *dot = base[0] ? strrchr(base + 1, '.') : NULL;
    int len = (int)(dot ? dot - file : (ptrdiff_t)strlen(file));
    if (asprintf(&name, "%.*s.%u-of-%u%s", len, file, shard, shards, dot ? dot : "") < 0)
        return NULL;
    return name;
}

char *fa_shards_state(const struct fa_config *config)
{
    const char *base = strrchr(FA_STATE_FILE, '/');
    char *name = NULL;
    if (config->state || config->shards == 0)
        return config->state ? strdup(config->state) : NULL;
    if (asprintf(&name, "%s/%.*s/shard-%u-of-%u%s", config->dir, (int)(base - FA_STATE_FILE),
                 FA_STATE_FILE, config->shard, config->shards, base) < 0)
        return NULL;
    return name;
}

/* All shards are started with the same arguments, so each one gets its own files by its number.  A
 * pipe or a device keeps its name. */
static int name_file(struct fa_options *options, const char **file)
{
    struct stat st;
    if (!*file || strcmp(*file, "-") == 0 || (stat(*file, &st) == 0 && !S_ISREG(st.st_mode)))
        return 0;
    char *name = fa_shards_file(*file, options->config.shard, options->config.shards);
    int result = name ? fa_texts_add(&options->shard_files, name, strlen(name)) : -1;
    if (result == 0)
        *file = options->shard_files.items[options->shard_files.count - 1];
    free(name);
    return result;
}

int fa_shards_name_files(struct fa_options *options)
{
    if (options->config.shards == 0)
        return 0;
    return name_file(options, &options->report) || name_file(options, &options->events) ||
                   name_file(options, &options->manifest) ||
                   name_file(options, &options->metrics) ||
                   name_file(options, &options->config.state)
               ? -1
               : 0;
}
