/*
 * Fields are only ever appended to struct fa_config, and its `size` tells which version a program
 * was compiled with: base/sized.h copies the fields that both sides know, and the others keep
 * their defaults.  So every default is set here, for old programs as well.
 *
 * The command line checks its options itself, so the messages name the
 * field and not an option.
 */
#include "engine/config.h"

#include "archive/sink.h"
#include "base/host_pattern.h"
#include "base/media_type.h"
#include "base/robots_tag.h"
#include "base/sized.h"
#include "base/which.h"
#include "base/words.h"
#include "list/columns.h"
#include "list/template.h"
#include "transfer/classify.h"
#include "transfer/proxy.h"
#include "transfer/url.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MAX (366.0 * 24 * 3600)

/* The smallest struct of a caller that is accepted ends with this field. */
#define FIRST_SIZE offsetof(struct fa_config, sandbox)

void fa_config_init_size(struct fa_config *config, size_t size)
{
    const struct fa_config defaults = {
        .mode = FA_MODE_ASYNC,
        .per_host_auto = true,
        .dir = ".",
        .layout = FA_LAYOUT_FLAT,
        .disk_wait = 60,
        .retries = 5,
        .retry_wait = 1,
        .host_wait = 60,
        .connect_timeout = 15,
        .stall_timeout = 30,
        .speed_limit = 100,
        .speed_time = 60,
        .hash = FA_HASH_SHA256,
        .hash_first = FA_HASH_SHA256,
        .hash_with = FA_HASH_WITH_AUTO,
        .segments = FA_SEGMENTS_AUTO,
        .tar_files = 10000,
        .tar_size = 1ull << 30,
    };
    config->size = size;
    fa_sized_put(config, &defaults, sizeof(defaults));
}

/* The defaults first: a program that was built with a smaller struct does not set later fields. */
int fa_config_copy(struct fa_config *to, const struct fa_config *from, struct fa_error *err)
{
    fa_config_init(to);
    return fa_sized_get(to, sizeof(*to), from, FIRST_SIZE, "fa_config", err);
}

int fa_config_check_proxy(const char *proxy, struct fa_error *err)
{
    return fa_proxy_check(proxy, err);
}

int fa_config_check_retry_on(const char *statuses, struct fa_error *err)
{
    if (!statuses || fa_status_list_is_good(statuses))
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "'%s' is not a list of HTTP statuses, as in 403,520 (--retry-on)", statuses);
    return -1;
}

int fa_config_check_trust_host(const char *pattern, struct fa_error *err)
{
    if (fa_host_pattern_is_good(pattern))
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "'%s' is not a host, as in example.org, *.example.org or example.org:8443 "
                 "(--trust-host)",
                 pattern);
    return -1;
}

int fa_config_check_expect_type(const char *types, struct fa_error *err)
{
    if (!types || fa_media_types_are_good(types))
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "'%.100s' is not a list of media types, as in image/png,video/* (--expect-type)",
                 types);
    return -1;
}

int fa_config_check_respect(const char *rules, struct fa_error *err)
{
    size_t len;
    const char *unknown = rules ? fa_robots_tags_unknown(rules, &len) : NULL;
    if (!unknown)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "unknown rule '%.*s' for --respect: the known ones are %s",
                 (int)(len < FA_ROBOTS_TAG_MAX ? len : FA_ROBOTS_TAG_MAX), unknown, fa_robots_tags);
    return -1;
}

int fa_config_check_name(const char *name, struct fa_error *err)
{
    return name ? fa_template_check(name, err) : 0;
}

/* What an archive, which only grows, cannot do; and what several runs would do to one archive. */
static const char *config_refuses_archive(const struct fa_config *config, bool grows)
{
    const char *shared = config->shards > 0 ? "--shard" : config->worker ? "--worker" : NULL;
    if (shared || !grows)
        return shared;
    return config->overwrite  ? "--overwrite"
           : config->sync     ? "--sync"
           : config->no_state ? "--no-state"
           : config->exec     ? "--exec"
                              : NULL;
}

int fa_config_check_output(const struct fa_config *config, struct fa_error *err)
{
    struct fa_sink sink;
    if (fa_sink_parse(config->output, &sink, err))
        return -1;
    if (sink.kind == FA_SINK_CAS && !(config->hash & FA_HASH_SHA256)) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "--output cas requires --hash sha256");
        return -1;
    }
    const char *other = sink.kind == FA_SINK_FILES
                            ? NULL
                            : config_refuses_archive(config, sink.kind != FA_SINK_CAS);
    if (!other)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "--output %.*s and %s cannot be combined", (int)strcspn(config->output, ":"),
                 config->output, other);
    return -1;
}

/* Only the state knows which file a server has named for a URL. */
static int config_check_server_names(const struct fa_config *config, struct fa_error *err)
{
    const char *other = config->no_state ? "--no-state" : config->worker ? "--worker" : NULL;
    if (!config->server_names || !other)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "--server-names and %s cannot be combined: only a state of the whole folder knows "
                 "which file has which name",
                 other);
    return -1;
}

int fa_config_check_columns(const char *columns, struct fa_error *err)
{
    return columns ? fa_columns_check(columns, err) : 0;
}

int fa_config_check_command(const char *command, struct fa_error *err)
{
    const char *why;
    char **words = fa_words_split(command, &why);
    char *program = words ? fa_which(words[0]) : NULL;
    if (!words)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "invalid command '%.100s': %s",
                     command, why ? why : "out of memory");
    else if (!program)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "cannot execute '%.100s': %s",
                     words[0], strerror(errno));
    int result = program ? 0 : -1;
    free(program);
    free(words);
    return result;
}

/* Enumerators index tables, so each must be checked before it is used. */
static const char *config_check_choices(const struct fa_config *config)
{
    if (config->mode >= FA_MODES)
        return "mode";
    if (config->layout > FA_LAYOUT_TREE)
        return "layout";
    if (config->match > FA_MATCH_NAME)
        return "match";
    if (config->format >= FA_LIST_FORMATS)
        return "format";
    if (config->shard_by > FA_SHARD_BY_URL)
        return "shard_by";
    if (config->guard > FA_GUARD_OFF)
        return "guard";
    if (config->robots > FA_ROBOTS_OBEY)
        return "robots";
    if (config->http_digest > FA_HTTP_DIGEST_OFF)
        return "http_digest";
    if (config->fsync > FA_FSYNC_EACH)
        return "fsync";
    if (config->family > FA_FAMILY_V6)
        return "family";
    if (config->http > FA_HTTP_2)
        return "http";
    if (config->tls_min > FA_TLS_1_3)
        return "tls_min";
    if (config->hash_with > FA_HASH_WITH_AUTO)
        return "hash_with";
    if (config->sandbox > FA_SANDBOX_REQUIRE)
        return "sandbox";
    if (config->hash >> FA_HASHES || config->hash & FA_HASHES_WEAK)
        return "hash";
    return NULL;
}

/* It is part of the name of a folder. */
static bool config_worker_is_valid(const struct fa_config *config)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const char *worker = config->worker;
    size_t len = worker ? strlen(worker) : 1;
    return len >= 1 && len <= FA_SHARD_WORKER_MAX &&
           (!worker || (strspn(worker, allowed) == len && config->shards == 0));
}

/* Infinity and NaN pass comparisons that a time-out depends on. */
static bool seconds_are_valid(double seconds)
{
    return isfinite(seconds) && seconds >= 0 && seconds <= SECONDS_MAX;
}

static const char *config_check_numbers(const struct fa_config *config)
{
    if (config->per_host == 0 && !config->per_host_auto)
        return "per_host";
    if (!(config->host_rate >= 0 && config->host_rate <= FA_HOST_RATE_MAX))
        return "host_rate";
    if (config->segments > FA_SEGMENTS_MAX && config->segments != FA_SEGMENTS_AUTO)
        return "segments";
    if (config->tar_files == 0)
        return "tar_files";
    if (config->fan_out > FA_FAN_OUT_MAX)
        return "fan_out";
    if (!seconds_are_valid(config->disk_wait))
        return "disk_wait";
    if (!seconds_are_valid(config->retry_wait))
        return "retry_wait";
    if (!seconds_are_valid(config->host_wait))
        return "host_wait";
    if (!seconds_are_valid(config->connect_timeout))
        return "connect_timeout";
    if (!seconds_are_valid(config->stall_timeout))
        return "stall_timeout";
    if (!seconds_are_valid(config->speed_time))
        return "speed_time";
    if (!isfinite(config->began) || config->began < 0)
        return "began";
    if (!seconds_are_valid(config->timeout))
        return "timeout";
    if (!seconds_are_valid(config->exec_timeout))
        return "exec_timeout";
    if (config->halt_percent && config->halt > 100)
        return "halt";
    if (config->shards > FA_SHARDS_MAX ||
        (config->shards ? config->shard >= config->shards : config->shard > 0))
        return "shard";
    if (!config_worker_is_valid(config))
        return "worker";
    return NULL;
}

/* A line break would end the header, and start another one. */
static bool text_is_line(const char *text)
{
    return !strpbrk(text, "\r\n");
}

static bool text_is_url(const char *text)
{
    struct fa_url url;
    struct fa_error why;
    bool valid = fa_url_parse(&url, text, NULL, &why) == 0;
    fa_url_fini(&url);
    return valid;
}

/* What could change the meaning of a request is refused here, and not when it is sent. */
static const char *config_check_texts(const struct fa_config *config)
{
    if (!config->dir || !config->dir[0])
        return "dir";
    if (config->user_agent && !text_is_line(config->user_agent))
        return "user_agent";
    for (size_t i = 0; i < config->n_headers; ++i)
        if (!strpbrk(config->headers[i], ":;") || !text_is_line(config->headers[i]))
            return "headers";
    if (config->retry_on && !fa_status_list_is_good(config->retry_on))
        return "retry_on";
    for (size_t i = 0; i < config->n_trust_hosts; ++i)
        if (!fa_host_pattern_is_good(config->trust_hosts[i]))
            return "trust_hosts";
    if (config->base && !text_is_url(config->base))
        return "base";
    if (config->overwrite && config->sync)
        return "overwrite, with sync,";
    return NULL;
}

int fa_config_slice(const struct fa_config *config, struct fa_slice *ret, struct fa_error *err)
{
    struct fa_error why = {0};
    *ret = (struct fa_slice){0};
    for (size_t i = 0; i < config->n_headers; ++i) {
        const char *line = config->headers[i];
        size_t len = strlen(line);
        if (!fa_slice_is_field(line, len))
            continue;
        bool again = ret->set;
        if (!again && fa_slice_parse_field(line, len, ret, &why) == 0)
            continue;
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "header Range: %s",
                     again ? "there are two of them" : why.msg);
        return -1;
    }
    return 0;
}

void fa_config_list_options(const struct fa_config *config, struct fa_list_options *ret)
{
    *ret = (struct fa_list_options){
        .format = config->format,
        .base = config->base,
        .columns = config->columns,
        .name = config->name,
        .keep_columns = config->keep_columns,
    };
}

struct fa_shard fa_config_shard(const struct fa_config *config)
{
    return (struct fa_shard){
        .index = config->shard,
        .count = config->shards,
        .by_url = config->shard_by == FA_SHARD_BY_URL,
        .worker = config->worker,
    };
}

int fa_config_check(const struct fa_config *config, struct fa_error *err)
{
    const char *wrong = config_check_choices(config);
    wrong = wrong ? wrong : config_check_numbers(config);
    wrong = wrong ? wrong : config_check_texts(config);
    if (wrong)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "invalid value for config field '%s'", wrong);
    struct fa_slice slice;
    if (wrong || config_check_server_names(config, err) ||
        (config->exec && !config->exec_shell && fa_config_check_command(config->exec, err)) ||
        (config->refresh && fa_config_check_command(config->refresh, err)) ||
        fa_config_check_columns(config->columns, err) || fa_config_check_name(config->name, err) ||
        fa_config_check_expect_type(config->expect_type, err) ||
        fa_config_check_respect(config->respect, err) || fa_config_check_output(config, err))
        return -1;
    return fa_config_slice(config, &slice, err);
}
