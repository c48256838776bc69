/*
 * Commands are run by the keeper (pool/keeper.h).  Their standard output is an unnamed file and not
 * a pipe: URLs may be longer than the lines that the keeper sends, and it must not be mixed with
 * messages.  What a command prints on standard error is a notice, in which URLs are redacted.
 *
 * A batch waits a second for further URLs, because those that expire together are refused one after
 * the other, as slots come free.  While a batch runs, the next one gathers.  A batch is all or
 * nothing where its lines could be those of other entries: if the command fails, or prints too
 * many.
 */
#include "engine/refresh.h"

#include "base/io.h"
#include "list/list.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fa_refresh_init(struct fa_refresh *refresh)
{
    fa_commands_init(&refresh->commands, FA_REFRESH_BATCH);
    LIST_INIT(&refresh->calls);
}

static void call_free(struct fa_refresh_call *call)
{
    if (call->input >= 0)
        close(call->input);
    if (call->output >= 0)
        close(call->output);
    free(call);
}

void fa_refresh_fini(struct fa_refresh *refresh)
{
    struct fa_refresh_call *call;
    while ((call = LIST_FIRST(&refresh->calls))) {
        LIST_REMOVE(call, link);
        call_free(call);
    }
}

void fa_refresh_put(struct fa_refresh *refresh, struct fa_job *job, double now)
{
    if (refresh->commands.waiting.count == 0)
        refresh->first_at = now;
    fa_job_set_state(job, FA_JOB_ASKING);
    fa_job_queue_push(&refresh->commands.waiting, job);
}

void fa_refresh_explain(struct fa_job *job, const char *why)
{
    fa_job_explain_status(job, "and --refresh gave no new URL: %s", why);
}

/* @later  A later run may get one. */
static void job_refuse(struct fa_refresh *refresh, struct fa_job *job, bool later, const char *why)
{
    fa_refresh_explain(job, why);
    if (later)
        job->outcome.retryable = FA_RETRYABLE_LATER;
    fa_job_queue_push(&refresh->commands.ended, job);
}

/* The command itself failed: the next run asks it again. */
static void jobs_refuse(struct fa_refresh *refresh, struct fa_job_queue *jobs, const char *why)
{
    struct fa_job *job;
    while ((job = fa_job_queue_pop(jobs)))
        job_refuse(refresh, job, true, why);
}

/* @return The end of the line that begins there, without its line break. */
static char *line_trim(char **at, char *end)
{
    while (end > *at && strchr(" \t\r", end[-1]))
        --end;
    while (*at < end && strchr(" \t", **at))
        ++*at;
    return end;
}

long fa_refresh_split(char *text, size_t len, const char **lines, size_t n)
{
    long count = 0, last = 0;
    char *const stop = text + len;
    if (memchr(text, '\0', len))
        return -1;
    for (char *at = text; at < stop;) {
        char *end = memchr(at, '\n', (size_t)(stop - at));
        char *next = end ? end + 1 : stop;
        *line_trim(&at, end ? end : stop) = '\0';
        if ((size_t)count < n)
            lines[count] = at;
        ++count;
        if (*at)
            last = count;
        at = next;
    }
    return last;
}

/* The size is checked before memory is taken for it: it is the command's to choose.
 * @return What the command printed, and a zero; or NULL with errno. */
static char *call_read(const struct fa_refresh_call *call, size_t *ret_len)
{
    struct stat st;
    if (fstat(call->output, &st))
        return NULL;
    if ((uint64_t)st.st_size > (uint64_t)call->jobs.count * FA_LIST_LINE_MAX) {
        errno = EFBIG;
        return NULL;
    }
    size_t len = (size_t)st.st_size;
    char *text = malloc(len + 1);
    if (text && fa_io_pread(call->output, text, len, len, 0) < 0) {
        free(text);
        return NULL;
    }
    if (text)
        text[len] = '\0';
    *ret_len = len;
    return text;
}

static void call_hand_out(struct fa_refresh_call *call, const char *const *lines, size_t count)
{
    struct fa_refresh *refresh = call->refresh;
    struct fa_job *job;
    for (size_t i = 0; (job = fa_job_queue_pop(&call->jobs)); ++i) {
        const char *line = i < count ? lines[i] : "";
        if (!*line) {
            job_refuse(refresh, job, false,
                       refresh->commands.config->refresh_batch
                           ? "the command printed none for this entry"
                           : "the command printed nothing");
            continue;
        }
        free(job->renewed);
        job->renewed = strdup(line);
        if (job->renewed)
            fa_job_queue_push(&refresh->commands.ended, job);
        else
            job_refuse(refresh, job, true, strerror(ENOMEM));
    }
}

/* @text  Cut up. */
static void call_judge_lines(struct fa_refresh_call *call, char *text, size_t len)
{
    size_t n = call->jobs.count;
    const char **lines = calloc(n, sizeof(*lines));
    long count = lines ? fa_refresh_split(text, len, lines, n) : 0;
    if (!lines)
        jobs_refuse(call->refresh, &call->jobs, strerror(ENOMEM));
    else if (count < 0)
        jobs_refuse(call->refresh, &call->jobs, "the command printed a zero byte");
    else if ((size_t)count > n)
        jobs_refuse(call->refresh, &call->jobs,
                    n == 1 ? "the command printed more than one line"
                           : "the command printed more lines than it got");
    else
        call_hand_out(call, lines, (size_t)count);
    free(lines);
}

static void call_judge(struct fa_refresh_call *call)
{
    struct fa_refresh *refresh = call->refresh;
    char why[FA_MESSAGE_MAX];
    size_t len = 0;
    if (fa_command_judge(&call->run, refresh->commands.config->exec_timeout, call->last, why,
                         sizeof(why))) {
        jobs_refuse(refresh, &call->jobs, why);
        return;
    }
    char *text = call_read(call, &len);
    if (text) {
        call_judge_lines(call, text, len);
    } else {
        snprintf(why, sizeof(why), "cannot read what the command printed: %s", strerror(errno));
        jobs_refuse(refresh, &call->jobs, why);
    }
    free(text);
}

static void call_on_line(struct fa_keeper_run *run, const char *text)
{
    struct fa_refresh_call *call = (struct fa_refresh_call *)run;
    const struct fa_refresh *refresh = call->refresh;
    const struct fa_job *job = TAILQ_FIRST(&call->jobs.jobs);
    fa_command_keep_line(call->last, text);
    fa_emit_notice(refresh->commands.emitter,
                   refresh->commands.config->refresh_batch ? NULL : job->entry, "--refresh: %s",
                   text);
}

static void call_on_ended(struct fa_keeper_run *run)
{
    struct fa_refresh_call *call = (struct fa_refresh_call *)run;
    struct fa_refresh *refresh = call->refresh;
    LIST_REMOVE(call, link);
    --refresh->commands.running;
    call_judge(call);
    call_free(call);
    refresh->commands.wake(refresh->commands.ctx);
}

static const char *job_listed_url(const struct fa_job *job)
{
    return job->entry->urls[job->target.mirror];
}

/* The URLs of the first n that wait, one a line. */
static int call_write_input(struct fa_refresh_call *call, size_t n)
{
    const struct fa_job *job = TAILQ_FIRST(&call->refresh->commands.waiting.jobs);
    uint64_t at = 0;
    call->input = fa_io_unlinked(call->refresh->scratch);
    if (call->input < 0)
        return -1;
    for (; n > 0; --n, job = TAILQ_NEXT(job, queued)) {
        const char *url = job_listed_url(job);
        size_t len = strlen(url);
        if (fa_io_pwrite(call->input, url, len, at) || fa_io_pwrite(call->input, "\n", 1, at + len))
            return -1;
        at += len + 1;
    }
    return 0;
}

static struct fa_refresh_call *call_new(struct fa_refresh *refresh, size_t n)
{
    struct fa_refresh_call *call = calloc(1, sizeof(*call));
    if (!call)
        return NULL;
    call->run = (struct fa_keeper_run){.line = call_on_line, .ended = call_on_ended};
    call->refresh = refresh;
    call->input = -1;
    call->output = fa_io_unlinked(refresh->scratch);
    fa_job_queue_init(&call->jobs);
    if (call->output >= 0 &&
        (!refresh->commands.config->refresh_batch || call_write_input(call, n) == 0))
        return call;
    int code = errno;
    call_free(call);
    errno = code;
    return NULL;
}

/* @return as fa_keeper_run() */
static int call_run(struct fa_refresh_call *call, struct fa_error *err)
{
    struct fa_refresh *refresh = call->refresh;
    const struct fa_job *job = TAILQ_FIRST(&refresh->commands.waiting.jobs);
    struct fa_variables variables = {0};
    bool batch = refresh->commands.config->refresh_batch;
    if (!batch)
        fa_variables_init(&variables, refresh->commands.emitter, job->entry, 0);
    struct fa_keeper_call with = {.argument = batch ? NULL : job_listed_url(job),
                                  .input = call->input,
                                  .output = call->output};
    return fa_commands_run(&refresh->commands, &call->run, with, &variables, err);
}

/* Take the first n that wait; they belong to the call, or fail.  @return 1: the keeper is busy */
static int refresh_start(struct fa_refresh *refresh, size_t n)
{
    struct fa_error err = {0};
    struct fa_job_queue jobs;
    fa_job_queue_init(&jobs);
    struct fa_refresh_call *call = call_new(refresh, n);
    if (!call)
        fa_error_system(&err, FA_CLASS_LOCAL_IO, errno, "cannot run a command");
    int result = call ? call_run(call, &err) : -1;
    if (result == 1) {
        call_free(call);
        return 1;
    }
    for (; n > 0; --n)
        fa_job_queue_push(result ? &jobs : &call->jobs,
                          fa_job_queue_pop(&refresh->commands.waiting));
    if (result == 0) {
        LIST_INSERT_HEAD(&refresh->calls, call, link);
        return 0;
    }
    if (call)
        call_free(call);
    jobs_refuse(refresh, &jobs, err.msg);
    refresh->commands.wake(refresh->commands.ctx);
    return 0;
}

static double refresh_due_at(const struct fa_refresh *refresh)
{
    bool now = !refresh->commands.config->refresh_batch ||
               refresh->commands.waiting.count >= FA_REFRESH_BATCH;
    return now ? 0 : refresh->first_at + FA_REFRESH_WAIT;
}

/* One batch at a time, because what is refused meanwhile can join the next one. */
static bool refresh_may_start(const struct fa_refresh *refresh)
{
    return !refresh->commands.stopped && refresh->commands.waiting.count > 0 &&
           refresh->commands.running <
               (refresh->commands.config->refresh_batch ? 1 : FA_REFRESH_JOBS);
}

void fa_refresh_flush(struct fa_refresh *refresh, bool idle, double now)
{
    while (refresh_may_start(refresh) && (idle || now >= refresh_due_at(refresh))) {
        size_t n = refresh->commands.config->refresh_batch ? refresh->commands.waiting.count : 1;
        if (refresh_start(refresh, n < FA_REFRESH_BATCH ? n : FA_REFRESH_BATCH))
            return;
    }
}

double fa_refresh_alarm(const struct fa_refresh *refresh)
{
    return refresh_may_start(refresh) && refresh->commands.config->refresh_batch
               ? refresh_due_at(refresh)
               : INFINITY;
}
