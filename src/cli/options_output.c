/*
 * Options about what is done with files, and what is printed.
 */
#include "cli/option_rows.h"

#include "cli/compare/export.h"
#include "cli/value.h"

SAME_SIZE(enum fa_hash_with);
SAME_SIZE(enum fa_progress_mode);
SAME_SIZE(enum fa_action);

NAMES(displays, [FA_PROGRESS_AUTO] = "auto", [FA_PROGRESS_BAR] = "bar",
      [FA_PROGRESS_PLAIN] = "plain", [FA_PROGRESS_JSON] = "json", [FA_PROGRESS_NONE] = "none")
NAMES(generated, "man", "bash", "zsh", "fish")

static int parse_hash(struct fa_options *options, const char *value, struct fa_error *err)
{
    if (fa_value_hashes(value, &options->config.hash, &options->config.hash_first) == 0)
        return 0;
    return fa_option_refuse(err,
                            "--hash requires 'none', or some of md5, sha1, sha224, sha256, sha384, "
                            "sha512, blake2b and xxh128, separated by commas, not '%s'",
                            value);
}

const struct fa_option fa_options_output[] = {
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
           .more = "+FILE appends to the file.  If it cannot be written, as when the reader of a "
                   "pipe has ended, a message says so, the downloads go on, and the exit status is "
                   "4.  See REPORT."),
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
