/*
 * Options that contradict each other are refused: to let the last one win would hide a mistake.
 */
#include "cli/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fetchall/state.h>

#include "cli/compare_rules.h"
#include "cli/outputs.h"
#include "cli/shards.h"
#include "cli/subcommands.h"

/* Transfers that each have a thread or a process. */
#define THREADS_MAX 4096u

/* HTTP/2 streams share a connection, whose rate libcurl cannot limit per transfer. */
static int options_check_rate(const struct fa_options *options, struct fa_error *err)
{
    bool http2 = options->command == FA_COMMAND_COMPARE
                     ? fa_picks_hold(&options->compare.http, FA_HTTP_2)
                     : options->config.http == FA_HTTP_2;
    if (http2 && options->config.rate)
        return fa_option_refuse(err, "--rate does not work with HTTP/2: remove one of them");
    return 0;
}

static int options_check_manifest(const struct fa_options *options, struct fa_error *err)
{
    if (strcmp(options->manifest, "-") == 0)
        return fa_option_refuse(err, "--manifest requires the name of a file, not '-'");
    if (!options->config.hash)
        return fa_option_refuse(err, "--manifest requires a digest: remove --hash none");
    if (options->config.plan)
        return fa_option_refuse(err, "--plan downloads nothing for --manifest: remove one of them");
    return 0;
}

/* Something else than a file would get the metrics again and again. */
static int options_check_metrics(const struct fa_options *options, struct fa_error *err)
{
    struct stat st;
    const char *file = options->metrics;
    if (file && (strcmp(file, "-") == 0 || (stat(file, &st) == 0 && !S_ISREG(st.st_mode))))
        return fa_option_refuse(err, "--metrics requires the name of a file, not '%s'", file);
    return 0;
}

/* A list is refused, not ignored: the user may expect that only its files are verified. */
static int options_check_status_verify(const struct fa_options *options, struct fa_error *err)
{
    if (options->lists.count > 0)
        return fa_option_refuse(err, "'fetchall %s' does not accept a list: '%s'",
                                options->command == FA_COMMAND_STATUS ? "status" : "verify",
                                options->lists.items[0]);
    if (options->failed && options->json)
        return fa_option_refuse(err, "--failed and --json cannot be combined");
    return 0;
}

/* Each run reads the files again, so they must not be pipes. */
static int options_check_header_files(const struct fa_options *options, struct fa_error *err)
{
    static const char prefix[] = "--header=@";
    struct stat st;
    if (options->hosts && (stat(options->hosts, &st) != 0 || !S_ISREG(st.st_mode)))
        return fa_option_refuse(
            err, "--hosts: '%s' must be a regular file, because each run reads it", options->hosts);
    const char *cookies = options->config.cookies;
    if (cookies && stat(cookies, &st) == 0 && S_ISFIFO(st.st_mode))
        return fa_option_refuse(
            err, "--cookies: '%s' must not be a pipe, because each run reads it", cookies);
    for (size_t i = 0; i < options->passed.count; ++i) {
        const char *text = options->passed.items[i];
        if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
            continue;
        text += sizeof(prefix) - 1;
        if (stat(text, &st) != 0 || !S_ISREG(st.st_mode))
            return fa_option_refuse(
                err, "--header: '%s' must be a regular file, because each run reads it", text);
    }
    return 0;
}

static int options_read_hosts(struct fa_options *options, struct fa_error *err)
{
    struct fa_config *config = &options->config;
    if (!options->hosts)
        return 0;
    if (fa_host_file_open(&options->host_file, options->hosts, err) != 0)
        return -1;
    config->hosts = options->host_file.configs;
    config->n_hosts = options->host_file.count;
    return 0;
}

static int options_check_doctor(struct fa_options *options, struct fa_error *err)
{
    struct fa_config *config = &options->config;
    if (options->doctor_host && options->lists.count > 0)
        return fa_option_refuse(err, "--host and a list cannot be combined: '%s'",
                                options->lists.items[0]);
    config->headers = (const char *const *)options->headers.items;
    config->n_headers = options->headers.count;
    return fa_config_check_proxy(config->proxy, err) == 0 ? options_read_hosts(options, err) : -1;
}

/* The library checks the rest of the URL. */
static int options_check_base(const struct fa_options *options, struct fa_error *err)
{
    const char *base = options->config.base;
    if (!base || strncasecmp(base, "http://", 7) == 0 || strncasecmp(base, "https://", 8) == 0)
        return 0;
    return fa_option_refuse(err,
                            "--base requires a URL that begins with http:// or https://, not "
                            "'%s'",
                            base);
}

/* The URL is checked when the queue is opened. */
static int options_check_queue(const struct fa_options *options, struct fa_error *err)
{
    bool needs = options->command == FA_COMMAND_ENQUEUE || options->command == FA_COMMAND_WORK;
    if (options->queue.url && *options->queue.url)
        return 0;
    if (needs)
        return fa_option_refuse(err, "'%s' requires --queue URL",
                                fa_subcommands_of(options->command)->name);
    if (options->queue.follow)
        return fa_option_refuse(err, "--follow requires --queue URL");
    return 0;
}

static int options_check_enqueue(const struct fa_options *options, struct fa_error *err)
{
    if (options->lists.count == 0)
        return fa_option_refuse(err, "no list given: name a file of URLs, or - for standard input");
    return fa_config_check_columns(options->config.columns, err) != 0 ||
                   fa_config_check_name(options->config.name, err) != 0 ||
                   options_check_base(options, err) != 0
               ? -1
               : 0;
}

static int options_check_work(const struct fa_options *options, struct fa_error *err)
{
    if (options->lists.count == 0)
        return 0;
    return fa_option_refuse(err,
                            "'fetchall work' does not accept a list: '%s'; use 'fetchall "
                            "enqueue'",
                            options->lists.items[0]);
}

/* The runs check these options, too, but an error should appear before the first one. */
static int options_check_compare(struct fa_options *options, struct fa_error *err)
{
    if (options->lists.count == 0)
        return fa_option_refuse(err, "no list given: name a file of URLs, or - for standard input");
    if (options->config.key && !options->config.cert)
        return fa_option_refuse(err, "--key requires its certificate: add --cert");
    if (fa_compare_rules_check(options, err) != 0 ||
        fa_config_check_proxy(options->config.proxy, err) != 0 ||
        fa_config_check_columns(options->config.columns, err) != 0 ||
        fa_config_check_name(options->config.name, err) != 0 ||
        fa_config_check_expect_type(options->config.expect_type, err) != 0 ||
        options_check_base(options, err) != 0 || options_check_rate(options, err) != 0 ||
        fa_outputs_check(options, err) != 0)
        return -1;
    return options_check_header_files(options, err);
}

/* Names as they appear in URLs: a character such as "=" cannot be part of one.  An empty list is
 * rejected, too: a user who gives the option expects it to hide something. */
static bool text_is_key_list(const char *keys)
{
    size_t len;
    for (; (len = strcspn(keys, ",")) > 0; keys += len + 1) {
        if (memchr(keys, '=', len) || memchr(keys, '&', len) || memchr(keys, ' ', len))
            return false;
        if (!keys[len])
            return true;
    }
    return false;
}

/* A file whose name begins with '+' is written ./+FILE. */
static bool file_take_plus(const char **file)
{
    bool plus = *file && **file == '+';
    *file += plus;
    return plus;
}

/* Nothing is created for a state that is not there. */
static int options_check_failed(const struct fa_options *options, struct fa_error *err)
{
    const struct fa_config *config = &options->config;
    char *state = NULL;
    if (!config->retry_failed || options->lists.count > 0)
        return 0;
    if (config->state || config->shards > 0)
        state = fa_shards_state(config);
    else if (asprintf(&state, "%s/" FA_STATE_FILE, config->dir) < 0)
        state = NULL;
    bool missing = state && access(state, F_OK) != 0 && errno == ENOENT;
    free(state);
    return missing ? fa_option_refuse(err,
                                      "--retry-failed: the state of '%s' knows of no entry that "
                                      "could be tried again",
                                      config->dir)
                   : 0;
}

static int options_check_state(const struct fa_options *options, struct fa_error *err)
{
    const struct fa_config *config = &options->config;
    if (config->retry_failed && config->no_state)
        return fa_option_refuse(err, "--retry-failed requires a state: remove --no-state");
    if (config->sync && config->overwrite)
        return fa_option_refuse(err, "--sync and --overwrite cannot be combined");
    if (config->state && config->no_state)
        return fa_option_refuse(err, "--state and --no-state cannot be combined");
    return options_check_failed(options, err);
}

static int options_check_exec(const struct fa_config *config, struct fa_error *err)
{
    const char *lone = config->exec_jobs    ? "--exec-jobs"
                       : config->exec_shell ? "--exec-shell"
                                            : NULL;
    if (!config->exec && lone)
        return fa_option_refuse(err, "%s requires --exec", lone);
    if (!config->exec && !config->refresh && config->exec_timeout > 0)
        return fa_option_refuse(err, "--exec-timeout requires --exec or --refresh");
    if (!config->refresh && config->refresh_batch)
        return fa_option_refuse(err, "--refresh-batch requires --refresh");
    if (config->refresh && fa_config_check_command(config->refresh, err))
        return -1;
    return !config->exec || config->exec_shell ? 0 : fa_config_check_command(config->exec, err);
}

static int options_check_fetch(struct fa_options *options, struct fa_error *err)
{
    const struct fa_config *config = &options->config;
    if (options->lists.count == 0 && !config->retry_failed && options->command != FA_COMMAND_WORK)
        return fa_option_refuse(err, "no list given: name a file of URLs, or - for standard input");
    if (config->secret_keys && !text_is_key_list(config->secret_keys))
        return fa_option_refuse(
            err, "--secret-key requires names of query keys, separated by commas, not '%s'",
            config->secret_keys);
    if (config->key && !config->cert)
        return fa_option_refuse(err, "--key requires its certificate: add --cert");
    if (!fa_mode_has_loops(config->mode) && config->jobs > THREADS_MAX)
        return fa_option_refuse(err, "-m %s allows at most --jobs %u", fa_mode_name(config->mode),
                                THREADS_MAX);
    if (options_read_hosts(options, err) != 0 || fa_config_check_proxy(config->proxy, err) != 0 ||
        options_check_base(options, err) != 0 ||
        fa_config_check_columns(config->columns, err) != 0 ||
        fa_config_check_name(config->name, err) != 0 ||
        fa_config_check_expect_type(config->expect_type, err) != 0 ||
        fa_config_check_respect(config->respect, err) != 0 ||
        fa_config_check_retry_on(config->retry_on, err) != 0 ||
        fa_config_check_output(config, err) != 0 || options_check_exec(config, err) != 0 ||
        options_check_rate(options, err) != 0 || fa_outputs_check(options, err) != 0)
        return -1;
    if (options_check_metrics(options, err) != 0)
        return -1;
    return options->manifest ? options_check_manifest(options, err) : 0;
}

/* Texts that the configuration of a run borrows.  At the end, as fa_texts_add() moves the
 * arrays. */
static int options_lend_texts(struct fa_options *options, struct fa_error *err)
{
    struct fa_config *config = &options->config;
    if (fa_outputs_add_names(options, &options->reserved) != 0 ||
        fa_outputs_add_inputs(options, &options->kept) != 0 ||
        fa_outputs_add_folders(options, &options->writable) != 0)
        return fa_option_refuse(err, "out of memory");
    config->reserved = (const char *const *)options->reserved.items;
    config->n_reserved = options->reserved.count;
    config->kept = (const char *const *)options->kept.items;
    config->n_kept = options->kept.count;
    config->writable = (const char *const *)options->writable.items;
    config->n_writable = options->writable.count;
    config->headers = (const char *const *)options->headers.items;
    config->n_headers = options->headers.count;
    config->resolve = (const char *const *)options->resolve.items;
    config->n_resolve = options->resolve.count;
    config->trust_hosts = (const char *const *)options->trust_hosts.items;
    config->n_trust_hosts = options->trust_hosts.count;
    return 0;
}

/* A run of the main command, or of a worker. */
static int options_finish_fetch(struct fa_options *options, struct fa_error *err)
{
    struct fa_config *config = &options->config;
    if (options->command == FA_COMMAND_FETCH && fa_shards_name_files(options) != 0)
        return fa_option_refuse(err, "out of memory");
    if (options_check_state(options, err) != 0 || options_check_fetch(options, err) != 0)
        return -1;
    /* Nothing else runs in this process, so that it can be confined as a whole. */
    config->sandbox_self = true;
    /* A manifest has lines for existing files, too. */
    config->hash_existing = options->manifest != NULL;
    config->keep_columns =
        options->report || options->events || config->exec || config->refresh || config->output;
    return options_lend_texts(options, err);
}

static int options_take_plus(struct fa_options *options, struct fa_error *err)
{
    options->report_append = file_take_plus(&options->report);
    options->events_append = file_take_plus(&options->events);
    if (options->report && !*options->report)
        return fa_option_refuse(err, "--report requires a name after the '+'");
    if (options->events && !*options->events)
        return fa_option_refuse(err, "--events requires a name after the '+'");
    return 0;
}

int fa_options_check(struct fa_options *options, struct fa_error *err)
{
    if (options_take_plus(options, err) != 0)
        return -1;
    if (options->config.shard_by != FA_SHARD_BY_ORIGIN && options->config.shards == 0)
        return fa_option_refuse(err, "--shard-by requires --shard");
    if (options->quiet && options->verbose)
        return fa_option_refuse(err, "--quiet and --verbose cannot be combined");
    if (options_check_queue(options, err) != 0)
        return -1;
    switch (options->command) {
    case FA_COMMAND_ENQUEUE:
        return options_check_enqueue(options, err);
    case FA_COMMAND_COMPARE:
        return options_check_compare(options, err);
    case FA_COMMAND_DOCTOR:
        return options_check_doctor(options, err);
    case FA_COMMAND_STATUS:
    case FA_COMMAND_VERIFY:
        return options_check_status_verify(options, err);
    case FA_COMMAND_EXPLAIN:
        return options->lists.count < 2
                   ? 0
                   : fa_option_refuse(err, "'fetchall explain' accepts one class");
    case FA_COMMAND_MERGE:
        return 0;
    case FA_COMMAND_WORK:
        if (options_check_work(options, err) != 0)
            return -1;
        break;
    case FA_COMMAND_FETCH:
        break;
    }
    return options_finish_fetch(options, err);
}
