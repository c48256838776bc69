/*
 * Runs fetchall itself as a child with the options of a contestant.  Secrets are passed in files
 * and in the environment, never as arguments, which other users could see.
 *
 * The order of the arguments decides which value wins, since the last one counts: first defaults of
 * a comparison that a user may override, then what the user passed, then what distinguishes the
 * contestant, and what keeps the run away from the user's files.
 *
 * A run whose entries fail is a result.  A run that did not do its work (a wrong option, a full
 * disk, a signal) is an error: its output is shown, as the reason is usually there.
 */
#include "cli/compare/run.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "cli/compare/child.h"
#include "cli/compare/contestant.h"
#include "cli/compare/harvest.h"
#include "cli/value.h"
#include "cli/exit.h"
#include "cli/signals.h"
#include "cli/term.h"

/* Number of lines of a run's output that are shown. */
#define LINES_SHOWN 20

/* The arguments of a child.  failed: there was no memory. */
struct args {
    struct fa_texts texts;
    bool failed;
};

static void args_add(struct args *args, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void args_add(struct args *args, const char *format, ...)
{
    char *text = NULL;
    va_list values;
    va_start(values, format);
    int len = vasprintf(&text, format, values);
    va_end(values);
    if (len < 0 || fa_texts_add(&args->texts, text, (size_t)len) != 0)
        args->failed = true;
    if (len >= 0)
        free(text);
}

static void args_add_picks(struct args *args, const struct fa_contestant *contestant)
{
    struct fa_picked picked[FA_PICKED_MAX];
    size_t n = fa_contestant_picked(contestant, picked);
    for (size_t i = 0; i < n; ++i)
        args_add(args, "--%s=%s", picked[i].option, picked[i].value);
}

static int file_write_line(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    int bad = dprintf(fd, "%s\n", line) < 0;
    return close(fd) != 0 || bad ? -1 : 0;
}

/* A header given as a line is written to a private file: anyone can read /proc/PID/cmdline. */
static int runs_pass_header(struct fa_runs *runs, const char *line, size_t number)
{
    char *option = NULL;
    int len = asprintf(&option, "--header=@%s/header-%zu", runs->folder.path, number);
    if (len < 0)
        return -1;
    int rc = file_write_line(strchr(option, '@') + 1, line);
    if (rc == 0)
        rc = fa_texts_add(&runs->passed, option, (size_t)len);
    free(option);
    return rc;
}

/* A password of a proxy would be visible in the arguments; the environment of a process is readable
 * only by the same user (proc(5)). */
static int runs_pass_proxy(const char *proxy)
{
    return setenv("http_proxy", proxy, 1) || setenv("https_proxy", proxy, 1) ? -1 : 0;
}

static int runs_pass_options(struct fa_runs *runs, const struct fa_texts *passed)
{
    static const char header[] = "--header=", proxy[] = "--proxy=";
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < passed->count; ++i) {
        const char *option = passed->items[i];
        const char *line = option + sizeof(header) - 1, *url = option + sizeof(proxy) - 1;
        if (strncmp(option, header, sizeof(header) - 1) == 0 && *line != '@')
            rc = runs_pass_header(runs, line, i);
        else if (strncmp(option, proxy, sizeof(proxy) - 1) == 0 && *url)
            rc = runs_pass_proxy(url);
        else
            rc = fa_texts_add(&runs->passed, option, strlen(option));
    }
    return rc;
}

int fa_runs_init(struct fa_runs *runs, const struct fa_options *options, struct fa_error *err)
{
    *runs = (struct fa_runs){.options = options};
    if (fa_workspace_init(&runs->folder, options->config.dir, err) != 0)
        return -1;
    runs->list = fa_workspace_path(runs->folder.path, "list");
    runs->files = fa_workspace_path(runs->folder.path, "files");
    runs->events = fa_workspace_path(runs->folder.path, "events");
    runs->said = fa_workspace_path(runs->folder.path, "said");
    /* asprintf() is not required to set errno; pass_options() overrides it. */
    errno = ENOMEM;
    if (runs->list && runs->files && runs->events && runs->said &&
        runs_pass_options(runs, &options->passed) == 0)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot prepare the runs in '%s'",
                    runs->folder.path);
    fa_runs_fini(runs);
    return -1;
}

unsigned fa_runs_rounds(const struct fa_runs *runs)
{
    const struct fa_compare_options *options = &runs->options->compare;
    return runs->listing.local ? options->rounds_local : options->rounds;
}

void fa_runs_fini(struct fa_runs *runs)
{
    fa_workspace_fini(&runs->folder);
    free(runs->list);
    free(runs->files);
    free(runs->events);
    free(runs->said);
    fa_texts_fini(&runs->passed);
    fa_program_files_fini(&runs->programs);
    fa_inventory_fini(&runs->reference);
    *runs = (struct fa_runs){0};
}

/* Run it, and return the measurements of the kernel.  @child  argv is filled in. */
static int runs_run_child(struct fa_runs *runs, struct args *args, struct fa_child child,
                          struct fa_trial *ret, struct fa_error *err)
{
    struct fa_usage usage;
    child.said = runs->said;
    char **argv = calloc(args->texts.count + 1, sizeof(*argv));
    int rc = -1;
    if (argv && !args->failed) {
        memcpy(argv, args->texts.items, args->texts.count * sizeof(*argv));
        /* The strings are borrowed: args owns them until the run has ended. */
        child.argv = argv;
        rc = fa_child_run(&child, runs->until, &usage, err);
    } else {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot start a run");
    }
    free(argv);
    fa_texts_fini(&args->texts);
    if (rc != 0)
        return -1;
    runs->watching += usage.watching;
    *ret = (struct fa_trial){
        .wall = usage.wall,
        .user = usage.user,
        .system = usage.system,
        .peak_pss = usage.peak_pss,
        .peak_threads = usage.peak_threads,
        .peak_processes = usage.peak_processes,
        .switches = usage.switches,
        .calls = usage.calls,
        .ttfb = {NAN, NAN, NAN},
        .total = {NAN, NAN, NAN},
        .due = {NAN, NAN, NAN},
        .requests = FA_UNMEASURED,
        .refusals = FA_UNMEASURED,
        .rtt = NAN,
        .retransmits = FA_UNMEASURED,
        .reordered = FA_UNMEASURED,
        .cached = NAN,
        .slots_full = NAN,
        .slot_yield = NAN,
        .status = usage.status,
    };
    return 0;
}

/* Show the last lines of the output of a run. */
static void runs_show_output(const struct fa_runs *runs)
{
    /* A ring buffer: the output may be long, and only its end is needed. */
    char *lines[LINES_SHOWN] = {0};
    size_t room[LINES_SHOWN] = {0};
    size_t n = 0;
    FILE *in = fopen(runs->said, "re");
    while (in && getline(&lines[n % LINES_SHOWN], &room[n % LINES_SHOWN], in) > 0) {
        char *line = lines[n++ % LINES_SHOWN];
        line[strcspn(line, "\n")] = '\0';
    }
    for (size_t i = n > LINES_SHOWN ? n - LINES_SHOWN : 0; i < n; ++i) {
        fputs("  ", stderr);
        fa_term_put(stderr, lines[i % LINES_SHOWN]);
        fputc('\n', stderr);
    }
    for (size_t i = 0; i < LINES_SHOWN; ++i)
        free(lines[i]);
    if (in)
        fclose(in);
}

static int runs_refuse(const struct fa_runs *runs, const struct fa_contestant *contestant,
                       int status, struct fa_error *err)
{
    runs_show_output(runs);
    enum fa_class class = status == FA_EXIT_USAGE ? FA_CLASS_REFUSED : FA_CLASS_LOCAL_IO;
    if (status > 128)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, class, "the run of '%s' was killed by signal %d",
                     contestant->name, status - 128);
    else
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, class, "the run of '%s' ended with status %d",
                     contestant->name, status);
    return -1;
}

static int runs_fetch_self(struct fa_runs *runs, const struct fa_contestant *contestant,
                           struct fa_trial *ret, struct fa_error *err)
{
    struct args args = {0};
    args_add(&args, "fetchall");
    args_add(&args, "--no-config");   /* its options are passed */
    args_add(&args, "--host-wait=0"); /* unless passed: waiting is not speed */
    for (size_t i = 0; i < runs->passed.count; ++i)
        args_add(&args, "%s", runs->passed.items[i]);
    args_add(&args, "--mode=%s", fa_value_mode(contestant->mode));
    args_add(&args, "--jobs=%u", contestant->jobs);
    if (contestant->loops)
        args_add(&args, "--loops=%u", contestant->loops);
    if (contestant->http != FA_HTTP_1_1)
        args_add(&args, "--http=%s", fa_value_http(contestant->http));
    args_add(&args, "--hash-with=%s", fa_value_hash_with(contestant->hash_with));
    args_add_picks(&args, contestant);
    /* Do not read or write the user's files, and report a full disk at once. */
    args_add(&args, "--no-state");
    args_add(&args, "--disk-wait=0");
    args_add(&args, "--dir=%s", runs->files);
    args_add(&args, "--events=%s", runs->events);
    args_add(&args, "--quiet");
    args_add(&args, "--");
    args_add(&args, "%s", runs->list);
    if (runs_run_child(runs, &args, (struct fa_child){0}, ret, err) != 0 ||
        fa_harvest_read(runs->events, fa_contestant_slots(contestant, runs->origins), ret, err) !=
            0)
        return -1;
    runs->requests += ret->requests;
    runs->bytes += ret->bytes;
    /* A problem with a file's name belongs to its entry; one that stops the run does not. */
    bool stopped = ret->entries < runs->entries ||
                   (ret->status == FA_EXIT_LOCAL && ret->failures[FA_CLASS_CANCELLED] > 0);
    if (ret->status == FA_EXIT_USAGE || ret->status > FA_EXIT_TRANSIENT || stopped)
        return runs_refuse(runs, contestant, ret->status, err);
    return 0;
}

/* Keep the files of the first run, and mark those that are not the same in a later one. */
static int runs_check_self(struct fa_runs *runs, const struct fa_trial *trial, struct fa_error *err)
{
    struct fa_inventory files;
    if (fa_inventory_read(&files, runs->files, err) != 0)
        return -1;
    if (runs->reference.count == 0) {
        runs->reference = files;
        runs->reference_failed = trial->failed;
        return 0;
    }
    size_t varying = fa_inventory_mark_varying(&runs->reference, &files);
    fa_inventory_fini(&files);
    if (varying > 0 && !runs->options->quiet)
        fprintf(
            stderr,
            "fetchall: the content of %zu file%s changes from run to run, and is not compared\n",
            varying, varying == 1 ? "" : "s");
    return 0;
}

/* Compare the files of a program, and fill in its trial. */
static int runs_check_program(struct fa_runs *runs, struct fa_contestant *contestant,
                              struct fa_trial *ret, struct fa_error *err)
{
    struct fa_inventory files;
    struct fa_differences found;
    if (fa_inventory_read(&files, runs->files, err) != 0)
        return -1;
    int rc = fa_inventory_compare(&runs->reference, &files, &found, err);
    ret->bytes = files.bytes;
    ret->entries = runs->entries;
    ret->failed = runs->reference_failed + found.missing + found.wrong;
    /* Where an entry failed for fetchall, too, a program is right to report it. */
    int status = runs->reference_failed > 0 && ret->status < 126 ? 0 : ret->status;
    if (rc == 0 && (status != 0 || found.missing || found.wrong || found.pages)) {
        fa_differences_describe(&found, status, contestant->wrong, FA_WRONG_MAX);
        if (!runs->options->quiet) {
            fprintf(stderr, "fetchall: %s is wrong, and not run again: ", contestant->name);
            fa_term_put(stderr, contestant->wrong);
            putc('\n', stderr);
            runs_show_output(runs);
        }
    }
    ret->status = 0;
    fa_inventory_fini(&files);
    return rc;
}

static unsigned runs_program_jobs(const struct fa_runs *runs,
                                  const struct fa_contestant *contestant)
{
    bool less = runs->jobs_most > 0 && runs->jobs_most < contestant->jobs;
    return less ? runs->jobs_most : contestant->jobs;
}

static int runs_fetch_program(struct fa_runs *runs, struct fa_contestant *contestant,
                              struct fa_trial *ret, struct fa_error *err)
{
    struct args args = {0};
    struct fa_child child = {.dir = runs->files};
    /* An absolute path, as the folder is the working directory of the program. */
    char *dir = mkdir(runs->files, 0700) == 0 ? realpath(runs->files, NULL) : NULL;
    char *program = NULL;
    int rc = dir ? 0 : -1;
    if (rc != 0)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot prepare the runs in '%s'",
                        runs->folder.path);
    if (rc == 0)
        rc = fa_program_files_fill(&runs->programs, contestant->program->command, dir,
                                   runs_program_jobs(runs, contestant), &args.texts, err);
    if (rc == 0)
        child.program = program = fa_program_find(args.texts.items[0]);
    if (rc == 0 && !program)
        rc = fa_option_refuse(err, "'%s' is not installed", args.texts.items[0]);
    if (rc == 0)
        rc = runs_run_child(runs, &args, child, ret, err);
    free(dir);
    free(program);
    fa_texts_fini(&args.texts);
    if (rc != 0)
        return -1;
    runs->requests += runs->entries;
    return runs_check_program(runs, contestant, ret, err);
}

int fa_runs_fetch(struct fa_runs *runs, struct fa_contestant *contestant, struct fa_trial *ret,
                  struct fa_error *err)
{
    /* Existing files would be skipped or resumed, and the run would be too fast. */
    fa_workspace_remove(&runs->folder, "files");
    if (contestant->program) {
        int rc = runs_fetch_program(runs, contestant, ret, err);
        runs->bytes += rc == 0 ? ret->bytes : 0;
        return rc;
    }
    if (runs_fetch_self(runs, contestant, ret, err) != 0)
        return -1;
    return runs->options->compare.programs.count > 0 ? runs_check_self(runs, ret, err) : 0;
}

int fa_runs_hash(struct fa_runs *runs, const struct fa_contestant *contestant, const char *dir,
                 const char *manifest, struct fa_trial *ret, struct fa_error *err)
{
    struct args args = {0};
    args_add(&args, "fetchall");
    args_add(&args, "verify");
    args_add(&args, "--no-config");
    args_add(&args, "--dir=%s", dir);
    args_add(&args, "--manifest=%s", manifest);
    args_add(&args, "--hash-with=%s", fa_value_hash_with(contestant->hash_with));
    if (runs->options->config.hash_jobs)
        args_add(&args, "--hash-jobs=%u", runs->options->config.hash_jobs);
    args_add(&args, "--quiet");
    if (runs_run_child(runs, &args, (struct fa_child){.mute = true}, ret, err) != 0)
        return -1;
    /* The digests of the manifest are zeros, so every file mismatches; any other status means that
     * files were not hashed. */
    if (ret->status != FA_EXIT_INTEGRITY)
        return runs_refuse(runs, contestant, ret->status, err);
    ret->status = FA_EXIT_OK;
    return 0;
}
