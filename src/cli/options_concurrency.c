/*
 * Options about how many transfers there are at once.
 */
#include "cli/option_rows.h"

#include "cli/shards.h"
#include "cli/value.h"

SAME_SIZE(enum fa_mode);
SAME_SIZE(enum fa_shard_by);

NAMES(shard_keys, [FA_SHARD_BY_ORIGIN] = "origin", [FA_SHARD_BY_URL] = "url")

static int parse_per_host(struct fa_options *options, const char *value, struct fa_error *err)
{
    struct fa_config *config = &options->config;
    if (fa_value_per_host(value, &config->per_host, &config->per_host_auto) == 0)
        return 0;
    return fa_option_refuse(err,
                            "--per-host requires a number from 1 to %u, auto or auto:MAX, not '%s'",
                            FA_PER_HOST_MAX, value);
}

static int parse_host_rate(struct fa_options *options, const char *value, struct fa_error *err)
{
    if (fa_value_host_rate(value, &options->config.host_rate) == 0)
        return 0;
    return fa_option_refuse(
        err, "--host-rate requires requests per second, such as 3 or 0.5, not '%s'", value);
}

static int parse_segments(struct fa_options *options, const char *value, struct fa_error *err)
{
    if (fa_value_segments(value, &options->config.segments) == 0)
        return 0;
    return fa_option_refuse(err, "--segments requires a number from 1 to %d, or auto, not '%s'",
                            FA_SEGMENTS_MAX, value);
}

const struct fa_option fa_options_concurrency[] = {
    GROUP("Concurrency"),
    CHOICE("mode", 'm', "MODE", enum fa_mode, config.mode, fa_value_mode,
           .help = "choose the strategy",
           .more = "See STRATEGIES.  Options, retries, checks and file names behave the same in "
                   "every mode; only speed, memory use and isolation differ."),
    UINT("jobs", 'j', config.jobs, 1, 20000, .initial = "256; 64 with -m thread or process",
         .help = "limit concurrent transfers, over all hosts",
         .more = "With -m thread and -m process, at most 4096.  If the limit of open files (ulimit "
                 "-Hn) does not allow for that many, a notice says how many there are."),
    CUSTOM("shard", 0, "I/N|auto", fa_shards_parse, .commands = FA_COMMAND_FETCH | LOOKS,
           .initial = "none", .lists = true, .help = "handle only shard I of N of the lists",
           .more = "For N machines, each with a shard from 0 to N-1 of the same lists.  auto takes "
                   "the shard from the environment.  See SHARDS."),
    CHOICE("shard-by", 0, "WHAT", enum fa_shard_by, config.shard_by, shard_keys, .lists = true,
           .help = "divide the lists by origin or by url",
           .more =
               "origin keeps each host in one shard, so that its limits hold over all "
               "machines.  url is for lists with one large host: --per-host N and auto:MAX, and "
               "--host-rate, are divided by N."),
    /* A comparison accepts several values where a download accepts one. */
    CUSTOM("modes", 'm', "MODE,...", fa_picks_parse_modes, .commands = COMPARE,
           .choice = fa_value_mode, .initial = "all", .help = "choose the strategies to compare"),
    CUSTOM("jobs", 'j', "N,...", fa_picks_parse_jobs, .commands = COMPARE, .initial = "64",
           .help = "limit concurrent transfers, over all hosts",
           .more = "If this or one of the following options has several values, every combination "
                   "that makes a difference is compared."),
    CUSTOM("loops", 0, "N,...", fa_picks_parse_loops, .commands = COMPARE, .initial = "auto",
           .help = "set the event loops of async",
           .more = "auto is the number of cores, at most 8."),
    CUSTOM("http", 0, "VERSION,...", fa_picks_parse_http, .commands = COMPARE,
           .choice = fa_value_http, .initial = "1.1", .help = "choose the HTTP versions"),
    CUSTOM("per-host", 0, "N|auto[:MAX],...", fa_picks_parse_per_host, .commands = COMPARE,
           .initial = "auto", .help = "limit concurrent transfers per host"),
    CUSTOM("segments", 0, "N|auto,...", fa_picks_parse_segments, .commands = COMPARE,
           .initial = "auto", .help = "fetch up to N ranges of a large file at once"),
    CUSTOM(
        "per-host", 0, "N|auto[:MAX]", parse_per_host, .commands = FA_COMMAND_FETCH | DOCTOR,
        .initial = "auto", .help = "limit concurrent transfers per host",
        .more =
            "A host is a scheme, host name and port.  Other hosts continue when one reaches "
            "its limit.  auto finds the limit of each host, up to MAX (default: --jobs): it "
            "starts at 8 and grows while the throughput of the host gains at least a fifth "
            "of each step: at most fourfold, twofold if requests take longer.  More is "
            "tried again now and then.  It falls gradually if only the latency grows.  429, 503, "
            "other signs of overload, refused and lost connections and time-outs halve the "
            "limit at once, also with N; then it rises to what the host has accepted."),
    CUSTOM("host-rate", 0, "N", parse_host_rate, .commands = HOSTED, .initial = "no limit",
           .help = "limit requests per second to each host",
           .more = "Requests start at even distances: with 3, one every third of a second, and "
                   "with 0.1, one every ten seconds.  Redirects, retries and probes are requests, "
                   "too.  0 means no limit."),
    CUSTOM("segments", 0, "N|auto", parse_segments, .initial = "auto",
           .help = "fetch up to N ranges of a large file at once",
           .more =
               "This helps if a server limits the speed of each connection.  It uses slots that "
               "no other entry waits for, within --jobs and --per-host, for files of at least "
               "2 MiB with a strong validator.  auto adds connections, up to 8, to a file that "
               "takes some seconds, only as long as its speed rises.  A server that ignores "
               "ranges, refuses connections or changes the file costs an attempt for a range, but "
               "not the entry.  1 never splits a file."),
    UINT("loops", 0, config.loops, 1, 64, .initial = "cores, at most 8",
         .help = "set the event loops of async", .more = "1 is the pure single-threaded model."),

    CUSTOM(
        "with", 0, "PROGRAM,...|NAME=COMMAND", fa_programs_parse, .commands = COMPARE,
        .repeats = true, .initial = "none", .help = "compare with other programs, too",
        .more =
            "PROGRAM is one of curl, wget2, aria2c and xargs, which runs many curl.  In a "
            "COMMAND, {list} becomes a file with the URLs, {dir} the folder for the files, "
            "which is the working directory, too, {jobs} a value of --jobs, {curl} a config "
            "file of curl with URLs and names, and {aria2} an input file of aria2c.  It is split "
            "at spaces, with quotes as in a shell, but not run by one: for a shell, write sh -c "
            "'...'.  A file that is missing, differs from those that fetchall downloaded, or is "
            "an HTML page instead excludes the program.  See COMPARISON."),
    FLAG("tune", 0, compare.tune, .commands = COMPARE, .early = true,
         .help = "find the best settings, and compare them with the defaults",
         .more = "Races modes, --per-host (or --jobs, if the list has many hosts), HTTP versions "
                 "and --segments on growing samples; options that are given with one value are not "
                 "raced, and of those with several, these values are.  See COMPARISON."),
    FLAG("write", 0, compare.write, .commands = COMPARE,
         .help = "put the settings of --tune into the config file",
         .more = "They become lines of the file of --config, between two comments, for later "
                 "downloads; other lines stay as they are.  The next --write replaces them, or "
                 "removes them if the defaults are as fast.  --tune itself ignores them."),
    CUSTOM("sample", 0, "N|fresh[:N]", fa_picks_parse_sample, .commands = COMPARE,
           .initial = "1000", .help = "limit the entries downloaded in each run",
           .more =
               "The sample is taken evenly from the hosts of the lists, and evenly from the "
               "entries of each host.  With fresh, each run downloads entries that no run before "
               "it has asked for, and then the same ones again; the result says whether it "
               "depends on the caches of the servers, which have them only then.  This requires "
               "a list of at least 20 entries for each run, and one share more.  See COMPARISON."),
    CUSTOM(
        "rounds", 0, "N|auto[:MAX]", fa_picks_parse_rounds, .commands = COMPARE, .initial = "auto",
        .help = "set the number of measured runs per strategy",
        .more =
            "auto ends the rounds as soon as each strategy is either slower than the fastest "
            "one or as fast within 5 %, after at most MAX rounds, or when --budget or "
            "--max-bytes is reached.  MAX is 20 by default, 100 with --budget, and 3 with "
            "--tune.  If all hosts of the list are this machine (localhost, 127.0.0.0/8, ::1), "
            "it is 100, too, and those after 20 end with the first minute.  If the network changes meanwhile, it takes more rounds.  See COMPARISON."),
    TIME("budget", compare.budget, 0, 365.0 * DAY, .commands = COMPARE, .initial = "none",
         .help = "start no round that would exceed this time",
         .more = "The warm-up always starts.  A run still going when the budget expires is killed."
                 "  0 means no limit."),
    SIZE("max-bytes", compare.max_bytes, .commands = COMPARE, .initial = "none",
         .help = "start no round that would exceed this total",
         .more = "The warm-up always starts; it ends after the run that exceeds this total.  The "
                 "limit is not checked during a run: use --max-size against endless bodies.  0 "
                 "means no limit."),
    FLAG("stage", 0, compare.stage, .commands = COMPARE,
         .help = "compare the models of the CPU stage instead",
         .more = "LIST may be a directory, whose files are hashed in place; the files of a list "
                 "are downloaded once.  Files of up to 64 KiB and larger files are compared "
                 "separately.  The contestants are those of --hash-with, by default inline, thread"
                 " and process."),
    {.type = FA_OPTION_END},
};
