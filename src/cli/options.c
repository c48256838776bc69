#include "cli/options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/outputs.h"
#include "cli/request.h"
#include "cli/value.h"

/* Each enum field is written as an unsigned. */
#define SAME_SIZE(type) _Static_assert(sizeof(type) == sizeof(unsigned), #type)
SAME_SIZE(enum fa_mode);
SAME_SIZE(enum fa_layout);
SAME_SIZE(enum fa_family);
SAME_SIZE(enum fa_http);
SAME_SIZE(enum fa_hash_with);
SAME_SIZE(enum fa_fsync);
SAME_SIZE(enum fa_progress_mode);
SAME_SIZE(enum fa_action);

#define STATUS  FA_COMMAND_STATUS
#define VERIFY  FA_COMMAND_VERIFY
#define LOOKS   (STATUS | VERIFY)
#define COMPARE FA_COMMAND_COMPARE
#define HASHES  (FA_COMMAND_FETCH | VERIFY)
/* What a comparison hands to the runs that it makes. */
#define RUNS (FA_COMMAND_FETCH | COMPARE)
#define ALL  (RUNS | LOOKS)

const struct fa_command_text fa_commands_table[] = {
    {STATUS, "status", "", "say what the state of DIR knows",
     "Counts what is done, what failed (by class and by host), what has a part that will be "
     "resumed, and what the last run read and did not end.  Lines that were refused before they "
     "had a name are not in the state.  A run may be under way meanwhile: its process is named.  The exit status is 0 whatever is told, 2 if there is no state, and 4 "
     "if it cannot be read."},
    {VERIFY, "verify", "", "hash the files of DIR again",
     "Each file that the state calls done is read, and its size and digest are compared with what "
     "was recorded when it was fetched.  What is missing, changed or cannot be read is named on "
     "standard output, and so are files that nothing tells of, which are no failure.  The exit "
     "status is 0 if all is right, 3 if something is missing or changed, 4 if something cannot be "
     "read, and 2 if there is no state.  What a run replaces at the same time may show as "
     "changed."},
    {COMPARE, "compare", " LIST...", "say which strategy is best for a LIST, here",
     "Takes a sample of the lists, evenly over their hosts, and fetches it with each strategy, "
     "again and again and in an order that changes from round to round, as runs of fetchall of "
     "their own.  The first round is a warm-up and does not count.  What is fetched goes to a "
     "folder below DIR and is removed.  How many requests that takes is said before, and how many "
     "bytes after the warm-up; --budget and --max-bytes bound it, and a signal ends it with what "
     "the rounds have shown so far.  Options of fetching are handed to each run.  It ends with a "
     "table of what was measured, with intervals of 95 % confidence, and with the command line to "
     "use, unless the differences are not larger than the noise, or the network changed meanwhile. "
     " The exit status is 0 if there was something to compare, even if entries failed; 1 if no "
     "round came to its end; else as below."},
    {0},
};

const struct fa_command_text *fa_commands_find(const char *name)
{
    for (const struct fa_command_text *row = fa_commands_table; row->name; ++row)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

/* A function for .choice. */
#define NAMES(function, ...)                                                 \
    static const char *function(unsigned index)                              \
    {                                                                        \
        static const char *const names[] = {__VA_ARGS__};                    \
        return index < sizeof(names) / sizeof(*names) ? names[index] : NULL; \
    }
NAMES(sandboxes, [FA_SANDBOX_AUTO] = "auto", [FA_SANDBOX_OFF] = "off",
      [FA_SANDBOX_REQUIRE] = "require")
NAMES(layouts, [FA_LAYOUT_FLAT] = "flat", [FA_LAYOUT_TREE] = "tree")
NAMES(promises, [FA_FSYNC_NONE] = "none", [FA_FSYNC_BATCH] = "batch", [FA_FSYNC_EACH] = "each")
NAMES(displays, [FA_PROGRESS_AUTO] = "auto", [FA_PROGRESS_BAR] = "bar",
      [FA_PROGRESS_PLAIN] = "plain", [FA_PROGRESS_JSON] = "json", [FA_PROGRESS_NONE] = "none")
NAMES(generated, "man", "bash")

static int parse_hash(struct fa_options *options, const char *value, struct fa_error *err)
{
    if (fa_value_hashes(value, &options->config.hash, &options->config.hash_first) == 0)
        return 0;
    return fa_option_refuse(err,
                            "--hash wants 'none', or some of md5, sha1, sha256, sha512, blake2b "
                            "and xxh128, parted by commas, not '%s'",
                            value);
}

static int parse_halt(struct fa_options *options, const char *value, struct fa_error *err)
{
    if (fa_value_halt(value, &options->config.halt, &options->config.halt_percent) == 0)
        return 0;
    return fa_option_refuse(
        err, "--halt wants a number such as 10, or a share such as 5%%, not '%s'", value);
}

/* offsetof(), and a compile error unless the field has that type. */
#define FIELD(type, f) \
    (offsetof(struct fa_options, f) + 0 * sizeof((type *){&((struct fa_options *)0)->f}))

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

#define DAY 86400

/* The only place that names an option. */
const struct fa_option fa_options_table[] = {
    GROUP("Concurrency"),
    CHOICE("mode", 'm', "MODE", enum fa_mode, config.mode, fa_value_mode,
           .help = "how bytes are moved",
           .more = "See STRATEGIES.  Whatever the mode, every option, retry, check and file name "
                   "behaves the same; only speed, memory and isolation differ."),
    UINT("jobs", 'j', config.jobs, 1, 4096, .help = "transfers at once, over all hosts"),
    CUSTOM("modes", 'm', "MODE,...", fa_picks_parse_modes, .commands = COMPARE,
           .choice = fa_value_mode, .initial = "all", .help = "the strategies to compare"),
    CUSTOM("jobs", 'j', "N,...", fa_picks_parse_jobs, .commands = COMPARE, .initial = "64",
           .help = "transfers at once, over all hosts",
           .more = "With several values, here and in the lists below, each combination that makes "
                   "a difference is compared."),
    CUSTOM("loops", 0, "N,...", fa_picks_parse_loops, .commands = COMPARE, .initial = "auto",
           .help = "event loops of async", .more = "auto is the cores, at most 8."),
    CUSTOM("http", 0, "VERSION,...", fa_picks_parse_http, .commands = COMPARE,
           .choice = fa_value_http, .initial = "1.1", .help = "versions of HTTP"),
    UINT("per-host", 0, config.per_host, 1, 4096, .commands = RUNS,
         .help = "transfers at once to one scheme, host and port",
         .more = "Other hosts go on when one is full."),
    UINT("loops", 0, config.loops, 1, 64, .initial = "the cores, at most 8",
         .help = "event loops of async", .more = "1 is the pure single-threaded model."),

    UINT("sample", 0, compare.sample, 1, 1000000, .commands = COMPARE,
         .help = "entries to fetch in each run, at most",
         .more = "They are taken evenly over the hosts of the lists, and within each host evenly "
                 "over its entries."),
    UINT("rounds", 0, compare.rounds, 1, 1000, .commands = COMPARE,
         .help = "runs of each that count"),
    TIME("budget", compare.budget, 0, 365.0 * DAY, .commands = COMPARE, .initial = "none",
         .help = "begin no round that would end later than that",
         .more = "The warm-up is always begun.  A run that goes on then is ended.  0 is none."),
    SIZE("max-bytes", compare.max_bytes, .commands = COMPARE, .initial = "none",
         .help = "begin no round that would receive more in all",
         .more = "The warm-up is always begun, and goes on while less has been received; within "
                 "a run nobody looks, so for bodies without an end see --max-size.  0 is none."),
    FLAG("stage", 0, compare.stage, .commands = COMPARE,
         .help = "compare the models of the CPU stage instead",
         .more =
             "LIST may then be a folder, whose files are hashed where they are; those of a list "
             "are fetched once.  Files of up to 64 KiB and larger ones are compared apart.  "
             "What is compared is what --hash-with says, by default inline, thread and "
             "process."),

    GROUP("Files"),
    TEXT("dir", 'd', "DIR", config.dir, .offer = FA_OFFER_FOLDERS,
         .help = "where files go; made if missing"),
    TEXT("dir", 'd', "DIR", config.dir, .commands = LOOKS, .offer = FA_OFFER_FOLDERS,
         .help = "where the files are"),
    TEXT("dir", 'd', "DIR", config.dir, .commands = COMPARE, .offer = FA_OFFER_FOLDERS,
         .help = "where what is fetched goes for a while"),
    CHOICE("layout", 0, "LAYOUT", enum fa_layout, config.layout, layouts, .commands = RUNS,
           .help = "how a URL becomes a name",
           .more = "flat takes the last segment of the URL's path, tree makes host/path... of it.  "
                   "See FILES."),
    FLAG("overwrite", 0, config.overwrite, .help = "fetch again what is there",
         .more = "A file is replaced only when its successor is complete and checked.  A run that "
                 "was stopped meanwhile fetches the successor from its start again."),
    FLAG("sync", 0, config.sync, .help = "ask whether what is there has changed",
         .more = "One request for each entry, with If-None-Match and If-Modified-Since (RFC 9110, "
                 "13.1) as the state remembers them.  A file that has changed is replaced when its "
                 "successor is complete and checked (from its start again, if a run is stopped "
                 "before that); one that the state knows nothing of is fetched again."),
    FLAG("plan", 0, config.plan, .help = "read, check and name everything, fetch nothing",
         .more = "Prints the name, a TAB and the URL of each entry that would be fetched or is "
                 "there already on standard output, unless -q or --report - is given."),

    GROUP("State"),
    TEXT("state", 0, "FILE", config.state, .initial = "DIR/.fetchall/state.db",
         .commands = FA_COMMAND_FETCH | LOOKS, .offer = FA_OFFER_FILES,
         .help = "what is known across runs (SQLite)",
         .more = "One state is for one DIR.  See STATE."),
    FLAG("no-state", 0, config.no_state, .help = "keep none",
         .more = "Files that are there are left alone, whatever URL they came from; what a killed "
                 "run began is fetched anew."),
    FLAG("retry-failed", 0, config.retry_failed, .help = "only what failed before",
         .more = "Of the lists, only the entries that the state says failed are tried.  Without a "
                 "list, it is those that the state can write down: not those with passwords or "
                 "headers, which it does not keep."),
    CHOICE(
        "fsync", 0, "WHEN", enum fa_fsync, config.fsync, promises, .commands = RUNS,
        .help = "what is safe from a power cut",
        .more =
            "See STATE.  Whatever is chosen, the death of the program loses nothing.  With each, a "
            "loop of async waits for the disk at the end of a file, and its other transfers "
            "with it: have more than one of --loops."),
    TIME("disk-wait", config.disk_wait, 0, 365.0 * DAY,
         .help = "how long to wait for room on a full disk",
         .more = "Nothing new is begun meanwhile, and what is there is kept.  0 ends the run at "
                 "once.  Only a write that fails makes the run wait: a file whose declared length "
                 "is larger than the free space fails alone, as local_io, and may be tried by a "
                 "later run."),

    GROUP("Failure"),
    UINT("retries", 0, config.retries, 0, 1000, .commands = RUNS,
         .help = "tries after the first, for what may pass",
         .more =
             "Time-outs, broken connections, and the HTTP statuses that ask for it are tried "
             "again; a 404, a bad certificate or a wrong URL is not.  What fails because its host "
             "is down does not count: that is for --host-wait.  Whatever is set here, a file "
             "whose digest is not that of the list is fetched once more, and a worker that died "
             "is replaced twice."),
    TIME("retry-wait", config.retry_wait, 0, 60, .commands = RUNS,
         .help = "base of the wait between tries",
         .more =
             "The wait doubles with each try, is at most 60 seconds, and a random part of it is "
             "taken (exponential back-off with full jitter).  A server's Retry-After rules for "
             "its whole host instead, for at most 600 seconds."),
    TIME("host-wait", config.host_wait, 0, 365.0 * DAY, .commands = RUNS,
         .help = "how long to wait for a host that only fails",
         .more =
             "Counted from its first failure since its last success.  Meanwhile it is asked by one "
             "transfer now and then, other hosts go on, and what has a mirror goes there.  When "
             "the wait is over, with a last try, what is left of it fails, and for a minute so "
             "does what else there is of it.  A host is taken for down when no connection can be "
             "made, or after eight failures in a row.  A name that does not exist and a "
             "certificate that is refused are not waited for, and a server's Retry-After has its "
             "own rule.  0 does not wait.  With compare it is 0 unless it is given."),
    TIME("connect-timeout", config.connect_timeout, 0.1, DAY, .commands = RUNS,
         .help = "to look up, connect and do the TLS handshake"),
    TIME("stall-timeout", config.stall_timeout, 1, DAY, .commands = RUNS,
         .help = "no byte for that long ends a try"),
    SIZE("speed-limit", config.speed_limit, .commands = RUNS,
         .help = "end an attempt that brings fewer bytes a second",
         .more = "Measured over --speed-time once the body has begun, so that a server which sends "
                 "a byte now and then does not hold a slot for ever.  A lower --rate lowers it.  "
                 "0 is no limit."),
    TIME("speed-time", config.speed_time, 1, DAY, .commands = RUNS,
         .help = "the time over which --speed-limit is measured"),
    TIME("timeout", config.timeout, 0, 365.0 * DAY, .commands = RUNS, .initial = "none",
         .help = "for one try as a whole",
         .more = "Counted from when the try gets its slot.  0 is none."),
    SIZE("max-size", config.max_size, .commands = RUNS, .initial = "none",
         .help = "refuse larger bodies",
         .more = "Bytes are counted as they come, so that a body without a declared length is cut "
                 "off too.  0 is none."),
    FLAG("expect-length", 0, config.expect_length, .commands = RUNS,
         .help = "refuse bodies without a declared length",
         .more = "Such a body ends when the connection does, and nobody can tell whether it was "
                 "complete."),
    CUSTOM("halt", 0, "N|N%", parse_halt, .initial = "never",
           .help = "stop once that many entries failed",
           .more = "With % it is a share of the entries that have ended, once ten have."),

    GROUP("Connection"),
    SIZE("rate", config.rate, .commands = RUNS, .initial = "no limit",
         .help = "bytes a second, all transfers together", .more = "0 is no limit."),
    CUSTOM("header", 'H', "LINE|@FILE", fa_request_parse_header, .commands = RUNS,
           .offer = FA_OFFER_FILES, .help = "send this header too; may repeat",
           .more =
               "LINE is 'Name: value'; 'Name:' removes a header that would be sent, and 'Name;' "
               "sends it empty.  @FILE reads lines from a file, which keeps secrets out of the "
               "list of processes that everyone can see.  After a redirect to another "
               "scheme, host or port, these lines are no longer sent."),
    TEXT("user-agent", 'A', "TEXT", config.user_agent, .commands = RUNS,
         .initial = "fetchall and its version", .help = "the User-Agent header"),
    FLAG("netrc", 0, config.netrc, .commands = RUNS, .help = "take passwords from ~/.netrc"),
    TEXT("proxy", 0, "URL", config.proxy, .commands = RUNS, .initial = "as the environment says",
         .help = "go through this proxy; '' for none",
         .more =
             "Without the option, the variables http_proxy, https_proxy, all_proxy and no_proxy "
             "rule, as with curl."),
    TEXT("secret-key", 0, "NAME,...", config.secret_keys, .commands = RUNS,
         .help = "print no value of these keys in queries",
         .more = "*** is printed in its place, as it is for those that are known to sign or to "
                 "authorise.  See SECRETS."),
    INPUT("cacert", config.cacert, .commands = RUNS, .initial = "the system's",
          .help = "trust these CAs (PEM)"),
    INPUT("cert", config.cert, .commands = RUNS, .help = "the client's certificate (PEM)"),
    INPUT("key", config.key, .commands = RUNS, .help = "the private key of --cert (PEM)",
          .more = "Not needed if the certificate's file holds it.  One that is encrypted fails: "
                  "nobody is asked for its pass phrase."),
    FLAG("insecure", 0, config.insecure, .commands = RUNS, .help = "do not check certificates",
         .more = "Anyone on the way can then read and change what is fetched."),
    CUSTOM("resolve", 0, "HOST:PORT:ADDR", fa_request_parse_resolve, .commands = RUNS,
           .help = "use ADDR for HOST:PORT; may repeat",
           .more = "An IPv6 address may stand in [].  The host * is any that is not named."),
    CHOICE("http", 0, "VERSION", enum fa_http, config.http, fa_value_http,
           .help = "the newest version of HTTP to ask for",
           .more =
               "2 asks for HTTP/2 over TLS, and takes HTTP/1.1 where a server does not have it; "
               "--mode async then has many transfers on one connection.  Whether that is "
               "faster depends on the servers and the network: see fetchall compare --http "
               "1.1,2.  What HTTP/2 fails is tried again over HTTP/1.1, and so is, with a "
               "libcurl before 8.4, what comes without a length.  Not with --rate."),
    CHOICE("sandbox", 0, "HOW", enum fa_sandbox, config.sandbox, sandboxes, .commands = RUNS,
           .help = "what the program and its workers give up before they fetch",
           .more =
               "auto takes what the kernel has of Landlock and seccomp, and --verbose says what "
               "it lacks; require refuses to run without them.  See SECURITY."),
    SET("ipv4", '4', enum fa_family, config.family, FA_FAMILY_V4, .commands = RUNS,
        .help = "use IPv4 only"),
    SET("ipv6", '6', enum fa_family, config.family, FA_FAMILY_V6, .commands = RUNS,
        .help = "use IPv6 only"),

    GROUP("Digests"),
    CUSTOM("hash", 0, "ALG[,ALG]|none", parse_hash, .commands = RUNS, .initial = "sha256",
           .help = "digests of each file, made while others load",
           .more = "md5, sha1, sha256, sha512, blake2b and xxh128.  The first one goes to the "
                   "manifest."),
    UINT("hash-jobs", 0, config.hash_jobs, 1, 256, .commands = HASHES | COMPARE,
         .initial = "the cores", .help = "workers that make them",
         .more = "The cores are the CPUs that the process may use: its affinity (see taskset(1)) "
                 "and the CPU quotas of its control groups, as a container has them, count."),
    CHOICE("hash-with", 0, "MODEL", enum fa_hash_with, config.hash_with, fa_value_hash_with,
           .commands = HASHES, .help = "what the workers are",
           .more = "process works beside the downloads in processes of its own.  The others exist "
                   "to be compared with it; inline holds up the downloads."),
    CUSTOM("hash-with", 0, "MODEL,...", fa_picks_parse_hash_with, .commands = COMPARE,
           .choice = fa_value_hash_with, .initial = "process", .help = "what the workers are"),

    GROUP("Output"),
    OUTPUT("manifest", manifest, .help = "write lines for sha256sum -c",
           .more =
               "One line for each file that is there at the end, with the first digest of "
               "--hash: check with md5sum -c, sha1sum -c, sha256sum -c, sha512sum -c, b2sum -c "
               "(blake2b) or xxhsum -c (xxh128), in DIR.  The file is written under another "
               "name, and renamed when the run has ended.  Files that are there already are "
               "hashed for it.  If FILE lies in DIR, no file of the list takes its name, and "
               "so it is with the other outputs, and with the files that are read.  See FILES."),
    INPUT("manifest", manifest, .commands = VERIFY, .help = "check what this file lists instead",
          .more = "Lines as sha256sum and its sisters write them, with --tag or without; where no "
                  "tag names the algorithm, the length of the digest tells it.  Digests of 32 "
                  "digits are taken for md5 and those of 128 for sha512, unless the state knows "
                  "the file by its xxh128 or blake2b."),
    FLAG("failed", 0, failed, .commands = STATUS, .help = "print what failed, as a list",
         .more = "It can be fed back: each entry has its mirrors and options, and the name that "
                 "its file had.  Entries that hold secrets are comments: for those there is "
                 "--retry-failed."),
    FLAG("json", 0, json, .commands = STATUS, .help = "print one JSON object",
         .more = "dir; done, failed, part and pending: counts; bytes of what is done; may_pass and "
                 "secret: how many of the failed may pass, and hold secrets; classes: "
                 "the failed by class; origins: an array of objects with origin, done, failed, "
                 "part and classes, and others: the files of hosts that it leaves out; pid of the "
                 "process at work; run: an object with state (complete, stopped, killed or "
                 "running), mode, began and ended (seconds since 1970), entries, done and "
                 "lists_final."),
    OUTPUT("json", compare.json, .commands = COMPARE,
           .help = "write all that was measured; - for stdout", .more = "See COMPARISON."),
    OUTPUT("csv", compare.csv, .commands = COMPARE,
           .help = "write a line for each run; - for stdout", .more = "See COMPARISON."),
    OUTPUT("html", compare.html, .commands = COMPARE,
           .help = "write a page with plots; - for stdout",
           .more = "It needs no network and no script.  The plots are made by gnuplot(1), where "
                   "that is installed.  Of two comparisons of --stage, the second has a page of "
                   "its own, FILE with -large before its suffix."),
    OUTPUT("report", report, .help = "write a JSON line for each entry; - for stdout",
           .more = "See REPORT."),
    OUTPUT("events", events, .help = "write JSON lines while it runs; - for stdout",
           .more = "See EVENTS."),
    CHOICE("progress", 0, "HOW", enum fa_progress_mode, progress, displays,
           .help = "what standard error shows",
           .more = "auto is bar on a terminal, and plain, a line now and then, otherwise.  json "
                   "prints a progress object each second (see EVENTS)."),
    FLAG("quiet", 'q', quiet, .commands = HASHES, .help = "say nothing when all is well"),
    FLAG("quiet", 'q', quiet, .commands = COMPARE, .help = "print nothing but the result"),
    FLAG("verbose", 'v', verbose, .help = "tell starts and retries too"),
    FLAG("verbose", 'v', verbose, .commands = VERIFY, .help = "name the good files too"),

    GROUP("Help"),
    SET("help", 'h', enum fa_action, action, FA_ACTION_HELP, .commands = ALL,
        .help = "print this help"),
    SET("version", 0, enum fa_action, action, FA_ACTION_VERSION, .commands = ALL,
        .help = "print the version"),
    CHOICE("generate", 0, "TEXT", enum fa_action, action, generated, .first = FA_ACTION_MAN,
           .help = "print the man page or the bash completion"),
    {.type = FA_OPTION_END},
};

void fa_options_init(struct fa_options *options)
{
    *options = (struct fa_options){
        .command = FA_COMMAND_FETCH,
        .compare = {.sample = 1000, .rounds = 5},
    };
    fa_config_init(&options->config);
}

void fa_options_fini(struct fa_options *options)
{
    fa_texts_fini(&options->lists);
    fa_texts_fini(&options->headers);
    fa_texts_fini(&options->resolve);
    fa_texts_fini(&options->header_files);
    fa_texts_fini(&options->reserved);
    fa_texts_fini(&options->writable);
    fa_texts_fini(&options->kept);
    fa_texts_fini(&options->passed);
}

int fa_options_add_list(struct fa_options *options, const char *name, struct fa_error *err)
{
    if (fa_texts_add(&options->lists, name, strlen(name)) == 0)
        return 0;
    return fa_option_refuse(err, "out of memory");
}

/* Nothing holds back what comes on a connection that transfers share. */
static int check_rate(const struct fa_options *options, struct fa_error *err)
{
    bool http2 = options->command == COMPARE ? fa_picks_hold(&options->compare.http, FA_HTTP_2)
                                             : options->config.http == FA_HTTP_2;
    if (http2 && options->config.rate)
        return fa_option_refuse(err, "--rate cannot hold back HTTP/2: leave out one of them");
    return 0;
}

static int check_manifest(const struct fa_options *options, struct fa_error *err)
{
    if (strcmp(options->manifest, "-") == 0)
        return fa_option_refuse(err, "--manifest wants the name of a file, not '-'");
    if (!options->config.hash)
        return fa_option_refuse(err, "--manifest wants a digest, and --hash none makes none");
    if (options->config.plan)
        return fa_option_refuse(err, "--plan fetches nothing that --manifest could hold");
    return 0;
}

static int check_look(const struct fa_options *options, struct fa_error *err)
{
    if (options->lists.count > 0)
        return fa_option_refuse(err, "'fetchall %s' takes no list, and '%s' is one",
                                options->command == STATUS ? "status" : "verify",
                                options->lists.items[0]);
    if (options->failed && options->json)
        return fa_option_refuse(err, "--failed and --json contradict each other");
    return 0;
}

/* Each run reads them again, from what may give its text only once: not a pipe. */
static int check_header_files(const struct fa_options *options, struct fa_error *err)
{
    static const char prefix[] = "--header=@";
    struct stat st;
    for (size_t i = 0; i < options->passed.count; ++i) {
        const char *text = options->passed.items[i];
        if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
            continue;
        text += sizeof(prefix) - 1;
        if (stat(text, &st) != 0 || !S_ISREG(st.st_mode))
            return fa_option_refuse(err, "--header: each run reads '%s' again: it must be a file",
                                    text);
    }
    return 0;
}

/* What a comparison asks of its runs is checked by them too, but now is the time to tell. */
static int check_compare(const struct fa_options *options, struct fa_error *err)
{
    if (options->lists.count == 0)
        return fa_option_refuse(err, "no list given: name a file of URLs, or - for standard input");
    if (options->config.key && !options->config.cert)
        return fa_option_refuse(err, "--key wants the certificate that it belongs to (--cert)");
    if (options->compare.stage && !options->config.hash)
        return fa_option_refuse(err, "--stage wants a digest, and --hash none makes none");
    if (options->compare.stage && options->compare.max_bytes)
        return fa_option_refuse(err, "--stage fetches nothing again that --max-bytes could end");
    if (fa_config_check_proxy(options->config.proxy, err) != 0 || check_rate(options, err) != 0 ||
        fa_outputs_check(options, err) != 0)
        return -1;
    return check_header_files(options, err);
}

/* As they stand in URLs: a sign of its own there, such as =, is no part of a name. */
static bool is_key_list(const char *keys)
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

int fa_options_check(struct fa_options *options, struct fa_error *err)
{
    struct fa_config *config = &options->config;
    if (options->quiet && options->verbose)
        return fa_option_refuse(err, "--quiet and --verbose contradict each other");
    if (options->command == COMPARE)
        return check_compare(options, err);
    if (options->command != FA_COMMAND_FETCH)
        return check_look(options, err);
    if (config->retry_failed && config->no_state)
        return fa_option_refuse(err, "--retry-failed needs the state that --no-state does without");
    if (config->sync && config->overwrite)
        return fa_option_refuse(err, "--sync and --overwrite contradict each other");
    if (config->state && config->no_state)
        return fa_option_refuse(err, "--state and --no-state contradict each other");
    if (options->lists.count == 0 && !config->retry_failed)
        return fa_option_refuse(err, "no list given: name a file of URLs, or - for standard input");
    if (config->secret_keys && !is_key_list(config->secret_keys))
        return fa_option_refuse(
            err, "--secret-key takes names of query keys, separated by commas, not '%s'",
            config->secret_keys);
    if (config->key && !config->cert)
        return fa_option_refuse(err, "--key wants the certificate that it belongs to (--cert)");
    if (fa_config_check_proxy(config->proxy, err) != 0 || check_rate(options, err) != 0 ||
        fa_outputs_check(options, err) != 0 ||
        (options->manifest && check_manifest(options, err) != 0))
        return -1;

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
    config->sandbox_self = true;
    config->hash_existing = options->manifest != NULL;
    config->headers = (const char *const *)options->headers.items;
    config->n_headers = options->headers.count;
    config->resolve = (const char *const *)options->resolve.items;
    config->n_resolve = options->resolve.count;
    return 0;
}
