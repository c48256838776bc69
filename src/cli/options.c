/*
 * The tables of commands and options.  A row has everything about an option: its names, type,
 * field, limits, default, help line and manual text.  The parser, --help, the manual and the
 * completion are driven by the rows, so they cannot disagree, and an option is added in one place.
 * The order of the rows is that of --help and of the manual.
 *
 * An option may have several rows, for different commands: --jobs is a number for a download, and a
 * list of numbers for a comparison.  A row without .commands is for downloads only.
 *
 * A row refers to its field by offset and type.  FIELD() checks the type at compile time: a TIME
 * whose field is not a double does not compile.
 *
 * Options may be given in any order: cli/rules.h checks at the end what involves several of them.
 */
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/compare/export.h"
#include "cli/request_options.h"
#include "cli/shards.h"
#include "cli/value.h"

/* Enum fields are written as unsigned: see option_store_choice(). */
#define SAME_SIZE(type) _Static_assert(sizeof(type) == sizeof(unsigned), #type)
SAME_SIZE(enum fa_mode);
SAME_SIZE(enum fa_layout);
SAME_SIZE(enum fa_match);
SAME_SIZE(enum fa_list_format);
SAME_SIZE(enum fa_shard_by);
SAME_SIZE(enum fa_guard);
SAME_SIZE(enum fa_http_digest);
SAME_SIZE(enum fa_robots);
SAME_SIZE(enum fa_family);
SAME_SIZE(enum fa_http);
SAME_SIZE(enum fa_tls);
SAME_SIZE(enum fa_hash_with);
SAME_SIZE(enum fa_fsync);
SAME_SIZE(enum fa_progress_mode);
SAME_SIZE(enum fa_action);

/* Commands, and sets of them, for .commands.  LOOKS read a directory and download nothing. */
#define STATUS  FA_COMMAND_STATUS
#define VERIFY  FA_COMMAND_VERIFY
#define LOOKS   (STATUS | VERIFY)
#define COMPARE FA_COMMAND_COMPARE
#define MERGE   FA_COMMAND_MERGE
#define ENQUEUE FA_COMMAND_ENQUEUE
#define WORK    FA_COMMAND_WORK
#define DOCTOR  FA_COMMAND_DOCTOR
#define EXPLAIN FA_COMMAND_EXPLAIN
#define HASHES  (FA_COMMAND_FETCH | VERIFY)
/* Options that a comparison passes to its runs. */
#define RUNS (FA_COMMAND_FETCH | COMPARE)
/* Options about the lists that are read. */
#define READS (RUNS | ENQUEUE | DOCTOR)
#define ALL   (RUNS | LOOKS | MERGE | ENQUEUE | DOCTOR | EXPLAIN)
/* Options that hosts can have of their own. */
#define HOSTED (RUNS | DOCTOR)

/* Two spaces separate sentences: man.c starts a new line there. */
const struct fa_command_text fa_commands_table[] = {
    {STATUS, "status", "", "report what the state of DIR contains",
     "Counts the files that are done, the failed entries (by class and by host), the part files "
     "that will be resumed, and the entries that the last run read but did not finish.  Invalid "
     "lines, which have no file name, are not in the state.  If a run is in progress, its process "
     "ID is printed.  The exit status is 0 whatever the state contains, 2 if there is no state, "
     "and 4 if it cannot be read."},
    {VERIFY, "verify", "", "verify the files of DIR",
     "Reads each file that is done according to the state, and compares its size and digest with "
     "those recorded when it was downloaded.  Missing, changed and unreadable files are named on "
     "standard output.  Unknown files, which are not in the state (with --manifest, not in the "
     "manifest), are named, too; they are not an error.  The exit status is 0 if all files match, "
     "3 if a file is missing or has changed, 4 if one cannot be read, and 2 if there is no state.  "
     "A file that a run replaces at the same time may be reported as changed."},
    {MERGE, "merge", " [STATE...]", "join the states, reports and manifests of shards",
     "Joins the states of the shards in DIR into the state of DIR, as a run without --shard would "
     "have written it, and removes them; status, verify and --retry-failed then work on the whole. "
     " Given STATEs are only read: each is a state, or a directory with the states of shards, and "
     "their files must have been moved to DIR.  Shards without a state, shards that were not "
     "finished, and files that two states have are named on standard output.  A merge that is "
     "killed can be repeated.  The exit status is 0; 1 if a shard is missing or unfinished, or if "
     "two states disagree; 2 if there is nothing to merge; and 4 if a file cannot be read or "
     "written."},
    {ENQUEUE, "enqueue", " LIST...", "put the entries of lists into a queue for workers",
     "Reads the lists, names the files, and puts each entry into the queue of --queue, which is made "
     "if there is none.  An entry whose URL and name are known is not put again, so the command can "
     "be repeated, and can run while workers do.  If the queue is full, it waits.  See QUEUE.  The "
     "exit status is 0; 1 if a line is invalid; 2 if a list or the queue cannot be used."},
    {WORK, "work", "", "download entries of a queue",
     "A worker of the queue of --queue: any number of them, on any number of machines, download what "
     "fetchall enqueue puts there.  It ends when the queue is empty and no fetchall enqueue is "
     "running; with --wait, by a signal.  See QUEUE.  The exit status says how its own entries ended, "
     "as in EXIT STATUS."},
    {DOCTOR, "doctor", " [LIST...]", "check what a run needs here",
     "Checks the limit of open files, the clock, name servers, routes, certificates, proxies, the "
     "disk of DIR and the version of libcurl, and says what to do.  With LISTs, reads them, and "
     "connects to the addresses of their first eight hosts, unless there is a proxy; it requests "
     "nothing.  The exit status is 0, or 1 if a run would fail.  With --host instead, prints the section of --hosts that applies to "
     "that host, and the options that a run with this command line would use there.  Values of headers and passwords are replaced by "
     "***.  Then the exit status is 0, or 2 if an option is wrong."},
    {EXPLAIN, "explain", " [CLASS]", "explain a class of failures",
     "Prints what CLASS means, its usual causes, and what helps.  Without CLASS, all classes are "
     "listed.  The exit status is 0, or 2 if there is no such class."},
    {COMPARE, "compare", " LIST...", "find the best strategy for a LIST on this network",
     "Takes a sample of the lists, evenly over their hosts, and runs fetchall with each strategy "
     "several times on this sample.  The order changes from round to round.  The first round is a "
     "warm-up and does not count.  Downloaded files go to a directory below DIR and are removed.  "
     "The number of requests is printed at the start, and the number of bytes after the warm-up.  "
     "--budget and --max-bytes limit the comparison.  A signal ends it, and the results so far "
     "are printed.  Download options are passed to each run.  At the end, it prints a table of "
     "measurements with 95 % confidence intervals, and the command line to use.  If several "
     "strategies are equally fast within the noise, that is the one that needs less CPU time or "
     "memory.  There is no command line if too few rounds were completed, if all failed, or if "
     "the network changed during the comparison.  The exit status is 0 if there was something to "
     "compare, even if entries failed; 1 if no round was completed; otherwise as in EXIT STATUS."},
    {0},
};

const struct fa_command_text *fa_commands_find(const char *name)
{
    for (const struct fa_command_text *row = fa_commands_table; row->name; ++row)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

const struct fa_command_text *fa_commands_of(enum fa_command command)
{
    for (const struct fa_command_text *row = fa_commands_table; row->name; ++row)
        if (row->command == command)
            return row;
    return NULL;
}

/* A function for .choice: the names in the order of the enum. */
#define NAMES(function, ...)                                                 \
    static const char *function(unsigned index)                              \
    {                                                                        \
        static const char *const names[] = {__VA_ARGS__};                    \
        return index < sizeof(names) / sizeof(*names) ? names[index] : NULL; \
    }
NAMES(sandboxes, [FA_SANDBOX_AUTO] = "auto", [FA_SANDBOX_OFF] = "off",
      [FA_SANDBOX_REQUIRE] = "require")
NAMES(layouts, [FA_LAYOUT_FLAT] = "flat", [FA_LAYOUT_TREE] = "tree")
NAMES(matches, [FA_MATCH_AUTO] = "auto", [FA_MATCH_URL] = "url", [FA_MATCH_PATH] = "path",
      [FA_MATCH_NAME] = "name")
NAMES(formats, [FA_LIST_FORMAT_AUTO] = "auto", [FA_LIST_FORMAT_TEXT] = "text",
      [FA_LIST_FORMAT_SUMS] = "sums", [FA_LIST_FORMAT_JSONL] = "jsonl",
      [FA_LIST_FORMAT_CSV] = "csv", [FA_LIST_FORMAT_TSV] = "tsv", [FA_LIST_FORMAT_CURL] = "curl",
      [FA_LIST_FORMAT_METALINK] = "metalink", [FA_LIST_FORMAT_BAGIT] = "bagit")
NAMES(shard_keys, [FA_SHARD_BY_ORIGIN] = "origin", [FA_SHARD_BY_URL] = "url")
NAMES(guards, [FA_GUARD_ON] = "on", [FA_GUARD_OFF] = "off")
NAMES(robots, [FA_ROBOTS_IGNORE] = "ignore", [FA_ROBOTS_OBEY] = "obey")
NAMES(http_digests, [FA_HTTP_DIGEST_CHECK] = "check", [FA_HTTP_DIGEST_OFF] = "off")
NAMES(promises, [FA_FSYNC_NONE] = "none", [FA_FSYNC_BATCH] = "batch", [FA_FSYNC_EACH] = "each")
NAMES(displays, [FA_PROGRESS_AUTO] = "auto", [FA_PROGRESS_BAR] = "bar",
      [FA_PROGRESS_PLAIN] = "plain", [FA_PROGRESS_JSON] = "json", [FA_PROGRESS_NONE] = "none")
NAMES(generated, "man", "bash", "zsh", "fish")

/* These two set more than one field, so they are CUSTOM rows. */
static int parse_hash(struct fa_options *options, const char *value, struct fa_error *err)
{
    if (fa_value_hashes(value, &options->config.hash, &options->config.hash_first) == 0)
        return 0;
    return fa_option_refuse(err,
                            "--hash requires 'none', or some of md5, sha1, sha224, sha256, sha384, "
                            "sha512, blake2b and xxh128, separated by commas, not '%s'",
                            value);
}

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

static int parse_halt(struct fa_options *options, const char *value, struct fa_error *err)
{
    if (fa_value_halt(value, &options->config.halt, &options->config.halt_percent) == 0)
        return 0;
    return fa_option_refuse(
        err, "--halt requires a number such as 10, or a percentage such as 5%%, not '%s'", value);
}

/* offsetof(), and a compile error unless the field has that type.  The operand of sizeof is not
 * evaluated, so the null pointer is never used. */
#define FIELD(type, f) \
    (offsetof(struct fa_options, f) + 0 * sizeof((type *){&((struct fa_options *)0)->f}))

/* One macro per type, so that no row lacks a field that its type requires. */
#define GROUP(text)                                         \
    {                                                       \
        .type = FA_OPTION_GROUP, .name = "", .help = (text) \
    }
#define FLAG(n, l, f, ...)                                                                        \
    {                                                                                             \
        .type = FA_OPTION_FLAG, .name = (n), .letter = (l), .offset = FIELD(bool, f), __VA_ARGS__ \
    }
#define SET(n, l, t, f, v, ...)                                                                 \
    {                                                                                           \
        .type = FA_OPTION_SET, .name = (n), .letter = (l), .offset = FIELD(t, f), .first = (v), \
        __VA_ARGS__                                                                             \
    }
#define CHOICE(n, l, a, t, f, c, ...)                                                            \
    {                                                                                            \
        .type = FA_OPTION_CHOICE, .name = (n), .letter = (l), .arg = (a), .offset = FIELD(t, f), \
        .choice = (c), __VA_ARGS__                                                               \
    }
#define UINT(n, l, f, lo, hi, ...)                                          \
    {                                                                       \
        .type = FA_OPTION_UINT, .name = (n), .letter = (l), .arg = "N",     \
        .offset = FIELD(unsigned, f), .min = (lo), .max = (hi), __VA_ARGS__ \
    }
#define SIZE(n, f, ...)                                                                   \
    {                                                                                     \
        .type = FA_OPTION_SIZE, .name = (n), .arg = "SIZE", .offset = FIELD(uint64_t, f), \
        __VA_ARGS__                                                                       \
    }
#define TIME(n, f, lo, hi, ...)                                                      \
    {                                                                                \
        .type = FA_OPTION_TIME, .name = (n), .arg = "S", .offset = FIELD(double, f), \
        .least = (lo), .most = (hi), __VA_ARGS__                                     \
    }
#define TEXT(n, l, a, f, ...)                                           \
    {                                                                   \
        .type = FA_OPTION_TEXT, .name = (n), .letter = (l), .arg = (a), \
        .offset = FIELD(const char *, f), __VA_ARGS__                   \
    }
#define OUTPUT(n, f, ...) TEXT(n, 0, "FILE", f, .offer = FA_OFFER_FILES, __VA_ARGS__)
#define INPUT(n, f, ...)                                                                      \
    {                                                                                         \
        .type = FA_OPTION_FILE, .name = (n), .arg = "FILE", .offset = FIELD(const char *, f), \
        .offer = FA_OFFER_FILES, __VA_ARGS__                                                  \
    }
#define CUSTOM(n, l, a, p, ...)                                                         \
    {                                                                                   \
        .type = FA_OPTION_CUSTOM, .name = (n), .letter = (l), .arg = (a), .parse = (p), \
        __VA_ARGS__                                                                     \
    }

/* In seconds. */
#define DAY 86400

/* The only place that names an option. */
const struct fa_option fa_options_table[] = {
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
    CUSTOM("rounds", 0, "N|auto[:MAX]", fa_picks_parse_rounds, .commands = COMPARE,
           .initial = "auto", .help = "set the number of measured runs per strategy",
           .more =
               "auto ends the rounds as soon as each strategy is either slower than the fastest "
               "one or as fast within 5 %, after at most MAX rounds, or when --budget or "
               "--max-bytes is reached.  MAX is 20 by default, 100 with --budget, and 3 with "
               "--tune.  If the network changes meanwhile, it takes more rounds.  See COMPARISON."),
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

    GROUP("Lists"),
    CHOICE(
        "format", 0, "FORMAT", enum fa_list_format, config.format, formats, .commands = READS,
        .lists = true, .help = "set the format of the lists",
        .more =
            "auto recognizes it by the name and the first bytes of each list.  sums are "
            "checksum files, as of sha256sum(1): see --base.  jsonl is JSON Lines, csv "
            "and tsv have a header: see --columns.  curl is a config file of curl(1), metalink that of RFC 5854, bagit the fetch.txt of a bag.  See LIST FORMAT."),
    TEXT("base", 0, "URL", config.base, .commands = READS, .lists = true,
         .help = "resolve the names of a checksum file against this URL",
         .more = "As in HTML, URL counts up to its last slash: it may be that of the folder, with "
                 "a slash at its end, or that of the checksum file itself."),

    TEXT(
        "columns", 0, "PART=NAME,...", config.columns, .commands = READS, .lists = true,
        .help = "name the columns that are the parts of an entry",
        .more =
            "PART is url, mirror, out, dir, checksum, size, range, header or type; NAME is the name "
            "of a column, or of a member of a JSON object, as in url=image_url,out=id.  A PART "
            "that is not named is the column of its own name; a type must be named."),

    GROUP("Files"),
    /* One field, with another meaning for each kind of command. */
    TEXT("dir", 'd', "DIR", config.dir, .commands = FA_COMMAND_FETCH | DOCTOR,
         .offer = FA_OFFER_FOLDERS, .help = "save files here; created if missing"),
    TEXT("dir", 'd', "DIR", config.dir, .commands = LOOKS, .offer = FA_OFFER_FOLDERS,
         .help = "set the directory of the files"),
    TEXT("dir", 'd', "DIR", config.dir, .commands = MERGE, .offer = FA_OFFER_FOLDERS,
         .help = "set the directory of the files"),
    TEXT("dir", 'd', "DIR", config.dir, .commands = COMPARE, .offer = FA_OFFER_FOLDERS,
         .help = "set the parent of the temporary directory"),
    CHOICE("layout", 0, "LAYOUT", enum fa_layout, config.layout, layouts, .commands = READS,
           .lists = true, .help = "derive file names from URLs",
           .more =
               "flat uses the last segment of the URL's path, tree uses host/path...  See FILES."),
    TEXT(
        "name", 0, "TEMPLATE", config.name, .commands = READS, .lists = true,
        .help = "name files by a template, such as {id}.{ext}",
        .more =
            "Replaced are {name}, the name that --layout flat would give, and its {stem} and {ext}; "
            "{host}, {path} and {query} of the URL; {line}, the line of the entry; {hash8}, eight "
            "hexadecimal digits of the hash of the URL; and {NAME}, where NAME is a column of the "
            "list or a member of its JSON objects.  A column with one of these words as its name is "
            "{column:NAME}.  {{ and }} are braces.  A slash makes a folder; in a value it becomes "
            "_, except in {path}.  Entries with out= keep that name, and one without such a column "
            "fails.  See FILES."),
    FLAG("server-names", 0, config.server_names, .lists = false,
         .help = "name files as their servers do, where they give a name",
         .more =
             "The name is that of the Content-Disposition of the last response (RFC 6266), "
             "cleaned like a name of a URL; a folder in it is dropped, and it replaces only the "
             "last component.  For URLs such as .../content, which have no name of their own.  "
             "Off by default, because a server can choose any name, and another one the next "
             "time: names are not known before the download, and those that collide depend on "
             "the order in which files arrive.  out= and --name win.  No existing file is "
             "replaced.  Requires the state, which knows both names from then on.  See FILES."),
    UINT("fan-out", 0, config.fan_out, 1, FA_FAN_OUT_MAX, .commands = READS, .initial = "none",
         .lists = true, .help = "put files into N folders, by the hash of their names",
         .more = "For millions of files, which are slow in one folder: with 256, x.jpg becomes "
                 "3f/x.jpg, the same on every run.  Files with out= stay where they are.  Use the "
                 "same N for all runs of a DIR: with another one, files are downloaded again.  See "
                 "FILES."),
    CHOICE("match", 0, "HOW", enum fa_match, config.match, matches,
           .commands = FA_COMMAND_FETCH | ENQUEUE, .lists = true,
           .help = "recognize the entries of earlier runs by their url, path or name",
           .more =
               "Says what makes an entry the same as one of an earlier run, whose file or part it "
               "then gets.  url is the whole URL, path is the URL without its query, and name is "
               "the name of the file, so that any URL gets it.  With auto, the query counts except "
               "for the parameters that sign the URL or let it expire.  Entries with out= are "
               "always matched by name.  See SIGNED URLS."),
    TEXT(
        "output", 0, "KIND:NAME", config.output, .initial = "files",
        .help = "put files into archives (tar:PREFIX, warc:FILE), or store twins once (cas:NAME)",
        .more =
            "tar:PREFIX appends them to DIR/PREFIX-000000.tar, and so on, together with a JSON "
            "file of what is known of each.  warc:FILE.warc.gz appends requests and responses to "
            "DIR/FILE.warc.gz, DIR/FILE-000001.warc.gz, and so on.  cas:NAME stores them by digest "
            "in DIR/NAME, and makes their names hard links to it.  NAME is relative to DIR.  See ARCHIVES."),
    UINT("tar-files", 0, config.tar_files, 1, 10000000, .help = "limit the files of one archive"),
    SIZE("tar-size", config.tar_size, .help = "limit the size of one archive",
         .more = "An archive is larger if its only file is."),
    FLAG("remote-time", 0, config.remote_time, .commands = RUNS,
         .help = "give files the time of the server",
         .more =
             "The modification time is the Last-Modified of the answer.  Invalid dates and those "
             "in the future are ignored, and files that exist keep their time."),
    FLAG("overwrite", 0, config.overwrite, .help = "download existing files again",
         .more = "A file is replaced only when the new one is complete and verified.  If the run "
                 "is interrupted, the next one downloads the new file from the start."),
    FLAG("sync", 0, config.sync, .help = "download existing files that have changed",
         .more =
             "Sends one request per entry, with If-None-Match and If-Modified-Since (RFC 9110, "
             "13.1) from the state.  A server that ignores them, but sends the same strong ETag "
             "and Content-Length, is not read further.  Dates in obsolete forms and ETags without "
             "quotes count too, but not to resume.  A changed file is replaced when the new one is "
             "complete and verified.  If the run is interrupted, the next one downloads the new "
             "file from the start.  A file that the state does not know is downloaded again."),
    FLAG("plan", 0, config.plan, .lists = true,
         .help = "read the lists and show the file names, without downloading",
         .more = "Prints the name, a TAB and the URL of each entry that would be downloaded or "
                 "already exists, unless -q is given, or standard output is used by --report - or "
                 "--events -."),

    GROUP("State"),
    TEXT("state", 0, "FILE", config.state, .initial = "DIR/.fetchall/state.db",
         .commands = FA_COMMAND_FETCH | LOOKS, .offer = FA_OFFER_FILES,
         .help = "use this state file", .more = "A state belongs to one DIR.  See STATE."),
    FLAG("no-state", 0, config.no_state, .help = "keep no state",
         .more = "Existing files are left alone, whichever URL they came from.  Files that an "
                 "interrupted run has not completed are downloaded from the start."),
    FLAG("retry-failed", 0, config.retry_failed, .lists = true,
         .help = "retry only entries that failed before",
         .more = "Of the given lists, retries only the entries that failed according to the state."
                 "  Without a list, retries all of them."),
    CHOICE("fsync", 0, "WHEN", enum fa_fsync, config.fsync, promises, .commands = RUNS,
           .help = "choose what survives a power failure",
           .more =
               "See STATE.  With every choice, nothing is lost if the program is killed.  With "
               "each, an event loop of async waits for the disk at the end of each file, and so "
               "do its other transfers: use several --loops."),
    TIME("disk-wait", config.disk_wait, 0, 365.0 * DAY,
         .help = "wait this long for space on a full disk",
         .more = "Also for inodes, and for a quota.  Meanwhile no transfer starts, and existing "
                 "data is kept.  0 ends the run at once.  Only a failed write makes the run wait: "
                 "a file whose declared length exceeds the free space fails alone, as local_io, "
                 "and can be retried by a later run."),

    GROUP("Failure"),
    UINT(
        "retries", 0, config.retries, 0, 1000, .commands = RUNS,
        .help = "limit retries per entry for transient errors",
        .more =
            "Time-outs, lost connections and transient HTTP statuses are retried; a 404, an "
            "invalid certificate or a malformed URL is not.  Failures because the host is "
            "down or pauses do not count: see --host-wait.  An attempt that can be resumed at least "
            "16 KiB after the previous ones does not count, and the count starts again: a "
            "large file arrives even if every connection is cut early.  Independently of N, "
            "a file with the wrong checksum is downloaded once more, and an entry whose "
            "worker crashes is retried twice.  See RETRIES."),
    TIME("retry-wait", config.retry_wait, 0, 60, .commands = RUNS,
         .help = "set the base of the retry delay",
         .more = "The maximum delay doubles with each retry, up to 60 seconds; the actual delay "
                 "is random between 0 and that maximum (exponential back-off with full jitter).  "
                 "A Retry-After of the server takes precedence, up to 600 seconds: for its whole "
                 "host, or, once the host serves other URLs, for the URL alone (see RETRIES).  The "
                 "entry that caused a pause of the host is retried after the others."),
    TEXT("retry-on", 0, "STATUS,...", config.retry_on, .commands = RUNS,
         .help = "also retry these HTTP statuses",
         .more = "See RETRIES for what is retried anyway."),
    TIME("host-wait", config.host_wait, 0, 365.0 * DAY, .commands = RUNS,
         .initial = "60; 0 with compare", .help = "wait this long for a host that is down",
         .more = "Counted from the first failure after the last success.  Meanwhile one transfer "
                 "at a time probes the host, other hosts continue, and entries with a mirror use "
                 "the mirror.  When the time is over, one last attempt is made.  If it fails, the "
                 "remaining entries of the host fail, and so do its entries that are read within "
                 "the next minute.  A host is considered down when no connection can be made, or "
                 "after eight consecutive failures.  A host that answers is treated with more "
                 "care: 502, 503, 504 and 429 halve the number of transfers to it, and count "
                 "against one URL only, as soon as the host has served another URL since.  While "
                 "it serves none, URLs that were never requested are requested first, up to four "
                 "per second, and at least 256 of them, or all, before it is given up.  In the "
                 "next run, entries that were never requested come before those that failed.  "
                 "There is no wait for a name that does not exist or a certificate that is "
                 "rejected.  For pauses that a host asks for (Retry-After), see RETRIES.  If a "
                 "redirect leads to a host that is down or paused, the URL of the list is "
                 "requested again up to ten times, in case it redirects elsewhere, before the "
                 "entry waits for the host.  0 does not wait."),
    TIME("connect-timeout", config.connect_timeout, 0.1, DAY, .commands = RUNS,
         .help = "limit the time for DNS, connecting and the TLS handshake"),
    TIME("stall-timeout", config.stall_timeout, 1, DAY, .commands = RUNS,
         .help = "end an attempt that receives nothing this long",
         .more = "A response header, with all interim (1xx) responses before it, may take twice "
                 "this time after the request, however steadily its bytes arrive."),
    SIZE("speed-limit", config.speed_limit, .commands = RUNS, .initial = "100",
         .help = "end an attempt that receives fewer bytes per second",
         .more = "Measured over --speed-time once the body has begun, so that a server which "
                 "sends an occasional byte does not occupy a slot forever.  With --rate, it is at "
                 "most half of the transfer's share of the rate.  0 means no limit."),
    TIME("speed-time", config.speed_time, 1, DAY, .commands = RUNS,
         .help = "measure --speed-limit over this time"),
    TIME("timeout", config.timeout, 0, 365.0 * DAY, .commands = RUNS, .initial = "none",
         .help = "limit the time of one attempt",
         .more = "Counted from when the attempt gets its slot.  0 means no limit."),
    SIZE("max-size", config.max_size, .commands = RUNS, .initial = "none",
         .help = "reject larger bodies",
         .more = "Bytes are counted as they arrive, so a body without a declared length is "
                 "limited, too.  0 means no limit."),
    SIZE("min-size", config.min_size, .commands = RUNS, .initial = "none",
         .help = "reject smaller files",
         .more =
             "A file that is smaller fails with class content, and is not requested again: many "
             "servers send an empty or a tiny file where they have none.  It is refused before "
             "its first byte if the server declares a length."),
    FLAG("expect-length", 0, config.expect_length, .commands = RUNS,
         .help = "reject bodies without a declared length",
         .more = "Such a body ends with the connection, so it is impossible to tell whether it is "
                 "complete."),
    FLAG("no-hedge", 0, config.no_hedge, .commands = RUNS,
         .help = "never request a slow file twice at the end",
         .more = "When the lists have ended and at most 2% of the entries are left, a transfer "
                 "that takes far longer than others of about its size, and of its host, is "
                 "requested again: at a mirror, or else at the same URL over another connection.  "
                 "The first that brings the file ends the other; the report counts both as "
                 "attempts.  At most 2% more requests are made, but at least one, and none to a "
                 "host that asked for fewer (429, 503, Retry-After, refused connections) or has "
                 "reached --per-host."),
    CHOICE("guard", 0, "on|off", enum fa_guard, config.guard, guards, .commands = RUNS,
           .help = "refuse web pages in place of files",
           .more = "An answer of type text/html for a URL or a name with the ending of an archive, "
                   "picture, audio, video, PDF, office document, package, data set or model fails "
                   "with class content: it is the page of a login, an error or a captive portal.  "
                   "An entry with a checksum is judged by that alone."),
    TEXT("expect-type", 0, "TYPE,...", config.expect_type, .commands = RUNS,
         .help = "refuse files of other media types",
         .more = "The Content-Type of an answer must be one of these, as in image/png,video/*; its "
                 "parameters do not count.  Others fail with class content before the first byte.  "
                 "An entry with type= has types of its own.  Replaces --guard."),
    CHOICE("http-digest", 0, "check|off", enum fa_http_digest, config.http_digest, http_digests,
           .commands = RUNS, .help = "verify the digests that servers declare",
           .more =
               "These are Repr-Digest, Content-Digest (RFC 9530), Digest (RFC 3230), Content-MD5, "
               "x-goog-hash and x-amz-checksum-*.  A file that differs is requested again, and "
               "fails with class integrity.  A digest of unknown form or algorithm is ignored.  "
               "An entry with a checksum is judged by that alone."),
    CUSTOM("halt", 0, "N|N%", parse_halt, .initial = "never",
           .help = "stop after this many failed entries",
           .more = "N% is a percentage of the entries that have ended, and applies once ten have "
                   "ended."),

    GROUP("Connection"),
    SIZE("rate", config.rate, .commands = RUNS, .initial = "no limit",
         .help = "limit the total bytes per second", .more = "0 means no limit."),
    CUSTOM("header", 'H', "LINE|@FILE", fa_request_options_header, .commands = HOSTED,
           .offer = FA_OFFER_FILES, .repeats = true, .help = "add a request header; may repeat",
           .more =
               "LINE is 'Name: value'; 'Name:' removes a default header, and 'Name;' sends an "
               "empty one.  @FILE reads lines from a file, which keeps secrets out of the list of "
               "processes.  Behind a redirect to another scheme, host or port, these headers are "
               "not sent, unless --trust-host names it.  See SECRETS."),
    TEXT("user-agent", 'A', "TEXT", config.user_agent, .commands = HOSTED,
         .initial = "fetchall/VERSION", .help = "set the User-Agent header"),
    FLAG("netrc", 0, config.netrc, .commands = HOSTED, .help = "read passwords from ~/.netrc",
         .more = "They are looked up for each host that is requested, also behind redirects, such "
                 "as a login host.  There, the default entry is not used, and neither is a "
                 "password of the listed host for another of its ports, except to change to HTTPS "
                 "(443).  See SECRETS."),
    CUSTOM("trust-host", 0, "PATTERN", fa_request_options_trust_host, .commands = RUNS,
           .repeats = true, .help = "send headers and passwords to this host, too; may repeat",
           .more =
               "The lines of --header and header=, and the user and password of a listed URL, are "
               "sent to its own scheme, host and port only, whenever a redirect leads there.  "
               "PATTERN names a host behind a redirect that gets them, too: example.org, an "
               "address, or *.example.org for all names below it; with :PORT, only there.  It does "
               "not name the hosts of the list, and never applies behind a redirect from https to "
               "http.  See SECRETS."),
    TEXT("host", 0, "NAME[:PORT]", doctor_host, .commands = DOCTOR,
         .help = "show what applies to this host", .more = "Without PORT, that of HTTPS."),
    INPUT("hosts", hosts, .commands = HOSTED, .help = "read options of hosts from this file",
          .more = "Sections with per-host, host-rate, header, user-agent, proxy, http, insecure, "
                  "cert, key and netrc for the hosts of a PATTERN: see HOSTS FILE."),
    INPUT("cookies", config.cookies, .commands = RUNS,
          .help = "send the cookies of this file, and share those that servers set",
          .more =
              "FILE has the format of Netscape, as browsers, curl and wget write it.  It is only "
              "read: cookies that servers set are kept in memory until the end of the run, and "
              "sent by all transfers to the hosts and paths that they are for.  If a host "
              "redirects its clients to a login host, one entry logs in for all.  /dev/null "
              "starts without cookies.  See SECRETS."),
    TEXT("proxy", 0, "URL", config.proxy, .commands = HOSTED, .initial = "environment",
         .help = "use this proxy; '' for none",
         .more = "Without this option, the variables http_proxy, https_proxy, all_proxy and "
                 "no_proxy apply, as with curl."),
    TEXT("secret-key", 0, "NAME,...", config.secret_keys, .commands = READS,
         .help = "hide the values of these query keys",
         .more = "*** is printed instead, as for keys that are known to sign or authorise.  See "
                 "SECRETS."),
    INPUT("cacert", config.cacert, .commands = HOSTED, .initial = "the system's", .folder = true,
          .help = "trust these CA certificates (PEM)",
          .more = "FILE may be a folder: all certificates in it are trusted, whatever the names of "
                  "their files are.  See ENVIRONMENT for the default."),
    INPUT("cert", config.cert, .commands = HOSTED, .help = "use this client certificate (PEM)"),
    INPUT("key", config.key, .commands = HOSTED, .help = "use this private key for --cert (PEM)",
          .more = "Not needed if the certificate file contains the key.  An encrypted key fails: "
                  "fetchall does not ask for pass phrases."),
    FLAG("insecure", 0, config.insecure, .commands = HOSTED, .help = "do not verify certificates",
         .more = "Anyone between you and the server can then read and change what is downloaded."),
    CHOICE("tls-min", 0, "VERSION", enum fa_tls, config.tls_min, fa_value_tls, .first = FA_TLS_1_0,
           .initial = "1.2", .commands = RUNS, .help = "set the lowest TLS version",
           .more = "1.0 and 1.1 are for old servers and are insecure: connections to all servers "
                   "may then use broken ciphers, and keys and signatures of certificates may be "
                   "weak.  Use them with checksums only."),
    FLAG("allow-downgrade", 0, config.allow_downgrade, .commands = RUNS,
         .help = "follow redirects from https to http",
         .more = "No header, password or cookie is sent there, but anyone on the way can read and "
                 "change the file: use it with checksums."),
    CUSTOM(
        "resolve", 0, "HOST:PORT:ADDR[,ADDR]...", fa_request_options_resolve, .commands = RUNS,
        .repeats = true, .help = "use ADDR for HOST:PORT; may repeat",
        .more =
            "Several addresses are tried as those of a name are.  An IPv6 address may be enclosed "
            "in [], and have a zone (fe80::1%eth0).  The host * stands for every host without a --resolve of its own."),
    CHOICE("http", 0, "VERSION", enum fa_http, config.http, fa_value_http,
           .help = "set the highest HTTP version",
           .more =
               "2 uses HTTP/2 over TLS, and HTTP/1.1 with servers that lack it; --mode async then "
               "multiplexes transfers over one connection.  Whether that is faster depends on the "
               "servers and the network: see fetchall compare --http 1.1,2.  A transfer that "
               "fails because of HTTP/2 is retried over HTTP/1.1.  With libcurl before 8.4, so is "
               "a response without a length.  Cannot be combined with --rate."),
    CHOICE("sandbox", 0, "HOW", enum fa_sandbox, config.sandbox, sandboxes, .commands = RUNS,
           .help = "confine the program and its workers",
           .more = "auto uses Landlock and seccomp as far as the kernel supports them, and "
                   "--verbose reports what is missing.  require fails if either is missing.  See "
                   "SECURITY."),
    SET("ipv4", '4', enum fa_family, config.family, FA_FAMILY_V4, .commands = HOSTED,
        .help = "use IPv4 only"),
    SET("ipv6", '6', enum fa_family, config.family, FA_FAMILY_V6, .commands = HOSTED,
        .help = "use IPv6 only"),

    CHOICE("robots", 0, "obey|ignore", enum fa_robots, config.robots, robots,
           .commands = FA_COMMAND_FETCH | WORK,
           .help = "obey or ignore the robots.txt of each host",
           .more = "With obey, the robots.txt of each origin is fetched before anything else, and "
                   "what it forbids fails with class refused.  See ROBOTS."),
    TEXT("respect", 0, "RULE,...", config.respect, .commands = FA_COMMAND_FETCH | WORK,
         .initial = "none", .help = "refuse files with such a rule in X-Robots-Tag",
         .more = "As in noai,noimageai; an unknown rule is refused.  See ROBOTS."),

    GROUP("Queue"),
    TEXT("queue", 0, "URL", queue.url, .commands = ENQUEUE | WORK | STATUS,
         .help = "use the queue at URL",
         .more = "URL is redis://[USER@]HOST[:PORT][/DB][?queue=NAME]; rediss:// for TLS; or "
                 "unix:///SOCKET[?db=DB&queue=NAME].  A NAME, by default \"default\", has letters, "
                 "digits, '-', '_' and '.'.  The password is not part of the URL: see "
                 "--queue-auth.  Redis 6.2 or later is needed."),
    INPUT("queue-auth", queue.auth_file, .commands = ENQUEUE | WORK | STATUS,
          .help = "read the password of the queue from this file",
          .more =
              "The first line of FILE is PASSWORD or USER:PASSWORD.  Without it, the environment "
              "variable FETCHALL_QUEUE_AUTH has the same."),
    INPUT("queue-cacert", queue.cacert, .commands = ENQUEUE | WORK | STATUS,
          .initial = "the system's",
          .help = "verify the queue's server with these CA certificates"),
    UINT("partitions", 0, queue.partitions, 1, 4096, .commands = ENQUEUE,
         .help = "divide a new queue into N partitions",
         .more =
             "A worker leases whole partitions, so there should be several for each worker.  An "
             "existing queue keeps its own number."),
    TIME("lease", queue.lease, 1, 3600, .commands = ENQUEUE,
         .help = "let workers of a new queue be silent for that long",
         .more = "Then the entries of a worker are given to others."),
    UINT("keep-results", 0, queue.results, 0, 1000000000, .commands = ENQUEUE,
         .help = "keep about N results in a new queue",
         .more = "They are a stream of Redis for other programs: see QUEUE."),
    TEXT("worker", 0, "NAME", config.worker, .commands = WORK,
         .help = "share DIR with workers of other names",
         .more =
             "NAME has up to 32 letters, digits, '-', '_' and '.'.  The lock, the parts and the "
             "state of the worker are in DIR/.fetchall/worker-NAME; started again with its name, "
             "it resumes its parts.  Without it, DIR is that of one worker."),
    FLAG("wait", 0, queue.wait, .commands = WORK, .help = "wait for more when the queue is empty"),
    FLAG("follow", 0, queue.follow, .commands = STATUS,
         .help = "with --queue, print again each second until the queue is empty"),

    GROUP("Digests"),
    CUSTOM("hash", 0, "ALG[+ALG]|none,...", fa_picks_parse_hash, .commands = COMPARE,
           .initial = "sha256", .help = "choose the digests to compute",
           .more = "sha256+md5 computes both."),
    CUSTOM("hash", 0, "ALG[,ALG]|none", parse_hash, .initial = "sha256",
           .help = "compute these digests of each file",
           .more =
               "ALG is one of md5, sha1, sha224, sha256, sha384, sha512, blake2b and xxh128.  The "
               "manifest contains the first one."),
    UINT("hash-jobs", 0, config.hash_jobs, 1, 256, .commands = HASHES | COMPARE, .initial = "cores",
         .help = "limit the workers that compute digests",
         .more =
             "cores is the number of CPUs that the process may use: limited by its affinity "
             "(see taskset(1)) and by the CPU quotas of its control groups, as in a container."),
    CHOICE("hash-with", 0, "MODEL", enum fa_hash_with, config.hash_with, fa_value_hash_with,
           .commands = HASHES, .help = "choose what computes digests",
           .more = "process uses worker processes, so that digests are computed in parallel with "
                   "downloads.  thread uses threads; inline uses the thread of the main loop, "
                   "which delays the downloads.  auto hashes a file while it is written, in its "
                   "event loop, so that it need not be read again.  A file that is resumed or "
                   "fetched in segments, all files in other modes, or with fewer --loops than "
                   "the default, go to a worker process, except for downloads of up to 16 KiB "
                   "for each algorithm, which are hashed inline: sending them takes longer."),
    CUSTOM("hash-with", 0, "MODEL,...", fa_picks_parse_hash_with, .commands = COMPARE,
           .choice = fa_value_hash_with, .initial = "auto", .help = "choose what computes digests"),

    GROUP("Hooks"),
    TEXT("exec", 0, "COMMAND", config.exec, .commands = FA_COMMAND_FETCH | WORK, .initial = "none",
         .help = "run COMMAND for each file that is complete",
         .more =
             "COMMAND is split into words at spaces; '...', \"...\" and backslashes quote as in "
             "a shell, and nothing else is special.  Each {} is replaced by the absolute path "
             "of the file; without a {}, the path is the last argument.  A program that does not "
             "exist is refused before the first download.  See HOOKS."),
    UINT("exec-jobs", 0, config.exec_jobs, 1, 256, .commands = FA_COMMAND_FETCH | WORK,
         .initial = "cores", .help = "limit the commands that run at once"),
    FLAG("exec-shell", 0, config.exec_shell, .commands = FA_COMMAND_FETCH | WORK,
         .help = "give the text of --exec to sh -c",
         .more = "The path is \"$1\" and \"$FETCHALL_PATH\"; {} is not replaced."),
    TIME("exec-timeout", config.exec_timeout, 0, DAY, .commands = FA_COMMAND_FETCH | WORK,
         .initial = "none", .help = "end a command after this time",
         .more = "It gets SIGTERM, and SIGKILL two seconds later.  The same applies to commands of "
                 "--refresh."),
    TEXT("refresh", 0, "COMMAND", config.refresh, .commands = FA_COMMAND_FETCH | WORK,
         .initial = "none",
         .help = "ask COMMAND for a new URL when one is answered 401, 403 or 410",
         .more = "For URLs that expire.  COMMAND is split like that of --exec.  It gets the URL of "
                 "the list in place of each {}, or else as the last argument, and prints the new "
                 "one on a line of its standard output.  See LINKS THAT EXPIRE."),
    FLAG("refresh-batch", 0, config.refresh_batch, .commands = FA_COMMAND_FETCH | WORK,
         .help = "ask for many URLs with one command",
         .more = "COMMAND gets the old URLs on its standard input, one a line, and prints the new "
                 "ones in the same order.  So no URL is in a list of processes."),

    GROUP("Output"),
    OUTPUT(
        "manifest", manifest, .help = "write lines for sha256sum -c",
        .more =
            "One line for each file that exists at the end, with the first digest of --hash.  "
            "Check with md5sum -c, sha1sum -c, sha256sum -c (sha224, sha384 and sha512 likewise), "
            "b2sum -c (blake2b) or xxhsum -c (xxh128), in DIR.  The manifest is written to a "
            "temporary file, and renamed at the end of the run.  Existing files are hashed for "
            "it.  If FILE is in DIR, no download gets its name.  The same applies to other "
            "outputs and to input files: see FILES."),
    INPUT("manifest", manifest, .commands = VERIFY,
          .help = "check the files of this manifest instead",
          .more = "FILE has lines as written by sha256sum and similar programs, with or without "
                  "--tag.  Without a tag, the length of the digest determines the algorithm: 32 "
                  "digits are taken as md5 and 128 as sha512, unless the state knows the file by "
                  "its xxh128 or blake2b."),
    FLAG("failed", 0, failed, .commands = STATUS, .help = "print the failed entries as a list",
         .more = "The list can be used as input: each entry has its mirrors and options, and the "
                 "name of its file.  Entries with secrets are comments: use --retry-failed for "
                 "those."),
    FLAG("json", 0, json, .commands = STATUS, .help = "print one JSON object",
         .more = "See STATUS."),
    OUTPUT("json", compare.json, .commands = COMPARE,
           .help = "write all measurements; - for stdout", .more = "See COMPARISON."),
    OUTPUT("csv", compare.csv, .commands = COMPARE,
           .help = "write a line for each run; - for stdout", .more = "See COMPARISON."),
    OUTPUT("html", compare.html, .commands = COMPARE,
           .help = "write a page with plots; - for stdout",
           .more = "The page needs no network and no scripts.  Plots are made by gnuplot(1), if "
                   "installed.  If --stage makes two comparisons, that of large files gets a page "
                   "of its own: FILE with -large before its suffix."),
    CUSTOM("export", 0, "FORMAT:FILE", fa_export_parse, .commands = COMPARE, .repeats = true,
           .help = "write results for hyperfine or benchstat",
           .more = "hyperfine is the JSON of hyperfine(1), with a command for each strategy; "
                   "benchstat has a line for each run, as go test prints it.  May be given for "
                   "both."),
    FLAG("read", 0, compare.read, .commands = COMPARE,
         .help = "print stored results instead of measuring",
         .more = "Each LIST is a file of --json.  They are judged again.  Those of several files, "
                 "such as of several machines or networks, are also set side by side."),
    INPUT("baseline", compare.baseline, .commands = COMPARE,
          .help = "compare with the results of an earlier --json",
          .more = "Strategies of the same name are compared."),
    CUSTOM("fail-if", 0, "CONDITION", fa_condition_parse, .commands = COMPARE,
           .help = "exit with status 7 if a ratio to the baseline is so",
           .more =
               "CONDITION is a measure (wall, cpu, memory, threads, processes, switches, calls, "
               "ttfb, total, due, requests, bytes; p95 and p99 as ttfb_p95), < or >, and a ratio: "
               "'wall > 1.05'.  It holds if the whole 95 % interval of the ratio "
               "of a strategy is beyond that."),
    OUTPUT("report", report, .commands = MERGE, .help = "join the reports of the shards",
           .more = "FILE is what the shards were given: the reports have the shard in their names, "
                   "FILE.I-of-N or, before a suffix, FILE.I-of-N.jsonl.  They are kept."),
    OUTPUT("manifest", manifest, .commands = MERGE, .help = "join the manifests of the shards",
           .more = "As with --report."),
    OUTPUT("report", report, .help = "write a JSON line for each entry; - for stdout",
           .more = "+FILE appends to the file.  See REPORT."),
    OUTPUT("events", events, .help = "write JSON lines during the run; - for stdout",
           .more = "+FILE appends to the file.  See EVENTS."),
    OUTPUT("metrics", metrics, .help = "write metrics for Prometheus every few seconds",
           .more = "For the textfile collector of its node exporter, which reads files named "
                   "*.prom.  See METRICS."),
    CHOICE("progress", 0, "HOW", enum fa_progress_mode, progress, displays,
           .help = "choose what standard error shows",
           .more = "auto chooses bar on a terminal and plain otherwise.  plain prints a line every "
                   "ten seconds.  json prints a progress object every second (see EVENTS)."),
    FLAG("quiet", 'q', quiet, .commands = HASHES | MERGE | ENQUEUE,
         .help = "print nothing unless something is wrong"),
    FLAG("quiet", 'q', quiet, .commands = COMPARE, .help = "print only the result"),
    FLAG("verbose", 'v', verbose, .help = "also print the start and the retries of each entry"),
    FLAG("verbose", 'v', verbose, .commands = VERIFY, .help = "name the unchanged files, too"),

    GROUP("Configuration"),
    TEXT("config", 0, "FILE", config_file, .commands = ALL, .early = true,
         .initial = "~/.config/fetchall/config", .offer = FA_OFFER_FILES,
         .help = "read options from this file", .more = "See CONFIG FILE."),
    FLAG("no-config", 0, no_config, .commands = ALL, .early = true, .help = "read no config file"),
    SET("show-config", 0, enum fa_action, action, FA_ACTION_SHOW_CONFIG, .commands = ALL,
        .early = true, .help = "print the value of each option and where it is from",
        .more = "Nothing is downloaded.  Values of headers and passwords are replaced by ***."),

    GROUP("Help"),
    SET("help", 'h', enum fa_action, action, FA_ACTION_HELP, .commands = ALL, .early = true,
        .help = "print this help"),
    SET("version", 0, enum fa_action, action, FA_ACTION_VERSION, .commands = ALL, .early = true,
        .help = "print the version"),
    CHOICE("generate", 0, "TEXT", enum fa_action, action, generated, .first = FA_ACTION_MAN,
           .lists = true, .early = true, .help = "print the man page or a completion of a shell"),
    {.type = FA_OPTION_END},
};

/* Defaults of downloads are those of the library; the others are here. */
void fa_options_init(struct fa_options *options)
{
    *options = (struct fa_options){
        .command = FA_COMMAND_FETCH,
        .compare = {.sample = FA_PICKS_SAMPLE, .sequential = true},
        .queue = {.partitions = 64, .lease = 30, .results = 100000},
    };
    fa_config_init(&options->config);
}

void fa_options_fini(struct fa_options *options)
{
    fa_texts_fini(&options->lists);
    fa_texts_fini(&options->headers);
    fa_texts_fini(&options->resolve);
    fa_texts_fini(&options->trust_hosts);
    fa_texts_fini(&options->header_files);
    fa_host_file_fini(&options->host_file);
    fa_texts_fini(&options->reserved);
    fa_texts_fini(&options->writable);
    fa_texts_fini(&options->kept);
    fa_texts_fini(&options->shard_files);
    fa_texts_fini(&options->passed);
    fa_texts_fini(&options->config_values);
    free(options->config_path);
    free(options->given);
}

int fa_options_add_list(struct fa_options *options, const char *name, struct fa_error *err)
{
    if (fa_texts_add(&options->lists, name, strlen(name)) == 0)
        return 0;
    return fa_option_refuse(err, "out of memory");
}
