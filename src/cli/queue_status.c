/*
 * One answer of the queue has everything that is shown, so that its numbers fit together.  Names
 * and texts in it were written by workers, on other machines: they are escaped, and parsed with
 * limits.
 */
#include "cli/queue_status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/exit.h"
#include "cli/json.h"
#include "cli/queue_setup.h"
#include "cli/signals.h"
#include "cli/term.h"
#include "cli/units.h"
#include "queue/client.h"

struct view {
    const struct fa_options *options;
    bool empty; /* nothing is left, and nobody puts more */
    bool failed;
};

/* What a worker says about itself: see queue/feeder.c. */
struct numbers {
    unsigned long long done, failed, bytes;
    double seconds;
    unsigned active;
};

static void numbers_read(const char *info, struct numbers *ret)
{
    *ret = (struct numbers){0};
    sscanf(info, "%llu %llu %llu %lf %u", &ret->done, &ret->failed, &ret->bytes, &ret->seconds,
           &ret->active);
}

static double numbers_rate(const struct numbers *numbers)
{
    return numbers->seconds > 0 ? (double)numbers->done / numbers->seconds : 0;
}

static uint64_t count_get(const struct fa_queue_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->n_counts; ++i)
        if (strcmp(answer->counts[i].name, name) == 0)
            return answer->counts[i].count;
    return 0;
}

/* The statuses of entries that have a file: see statuses.c. */
static uint64_t count_done(const struct fa_queue_answer *answer)
{
    return count_get(answer, "ok") + count_get(answer, "unchanged") + count_get(answer, "exists") +
           count_get(answer, "duplicate");
}

static const char class_prefix[] = "class:";

/* The class that a count is about, or NULL. */
static const char *count_class(const struct fa_queue_count *count)
{
    size_t len = sizeof(class_prefix) - 1;
    return strncmp(count->name, class_prefix, len) == 0 ? count->name + len : NULL;
}

/* Seconds of a transfer, over all workers. */
static double origin_mean(const struct fa_queue_origin *origin)
{
    uint64_t ended = origin->done + origin->failed;
    return ended ? origin->seconds / (double)ended : 0;
}

/* A worker that was silent for longer than a lease has lost its entries to others. */
static void put_workers(FILE *out, const struct fa_queue_answer *answer)
{
    if (answer->n_workers == 0)
        return;
    fputs("\n      done     failed  files/s     active  last seen  worker\n", out);
    for (size_t i = 0; i < answer->n_workers; ++i) {
        const struct fa_queue_worker *worker = &answer->workers[i];
        struct numbers n;
        char age[FA_UNITS_MAX];
        numbers_read(worker->info, &n);
        fprintf(out, "%10llu %10llu %8.1f %10u %10s  ", n.done, n.failed, numbers_rate(&n),
                n.active, fa_units_seconds(worker->age, age));
        fa_term_put(out, worker->name);
        fputs(worker->age > answer->lease ? "  (lost)\n" : "\n", out);
    }
}

static void put_slowest(FILE *out, const struct fa_queue_answer *answer)
{
    if (answer->n_slowest == 0)
        return;
    fputs("\n      done     failed  s/file  slowest hosts\n", out);
    for (size_t i = 0; i < answer->n_slowest; ++i) {
        const struct fa_queue_origin *origin = &answer->slowest[i];
        double wait = origin->not_before - (double)time(NULL);
        char text[FA_UNITS_MAX];
        fprintf(out, "%10llu %10llu %7.2f  ", (unsigned long long)origin->done,
                (unsigned long long)origin->failed, origin_mean(origin));
        fa_term_put(out, origin->name);
        if (wait > 0)
            fprintf(out, "  (%s for %s)", origin->down ? "down" : "pauses",
                    fa_units_seconds(wait, text));
        fputc('\n', out);
    }
}

static void put_text(FILE *out, const struct fa_queue_answer *answer)
{
    char size[FA_UNITS_MAX];
    fprintf(out, "%-8s %10llu  %s\n", "done", (unsigned long long)count_done(answer),
            fa_units_bytes((double)count_get(answer, "bytes"), size));
    fprintf(out, "%-8s %10llu\n", "failed", (unsigned long long)count_get(answer, "failed"));
    fprintf(out, "%-8s %10llu  %llu of them held by workers\n", "pending",
            (unsigned long long)answer->left, (unsigned long long)answer->held);
    if (answer->producers)
        fprintf(out, "%-8s %10u  put entries\n", "programs", answer->producers);
    for (size_t i = 0, shown = 0; i < answer->n_counts; ++i) {
        const char *class = count_class(&answer->counts[i]);
        if (!class)
            continue;
        fputs(shown++ == 0 ? "\nfailed, by class\n" : "", out);
        fprintf(out, "%10llu  ", (unsigned long long)answer->counts[i].count);
        fa_term_put(out, class);
        fputc('\n', out);
    }
    put_workers(out, answer);
    put_slowest(out, answer);
}

static json_t *classes_object(const struct fa_queue_answer *answer)
{
    json_t *object = json_object();
    for (size_t i = 0; object && i < answer->n_counts; ++i) {
        const char *class = count_class(&answer->counts[i]);
        if (class)
            object = fa_json_set(object, class, fa_json_count(answer->counts[i].count));
    }
    return object;
}

static json_t *workers_array(const struct fa_queue_answer *answer)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < answer->n_workers; ++i) {
        const struct fa_queue_worker *worker = &answer->workers[i];
        struct numbers n;
        numbers_read(worker->info, &n);
        /* clang-format off */
        array = fa_json_append(array, json_pack(
            "{s:o, s:o, s:o, s:o, s:o, s:o, s:i}",
            "name", fa_json_text(worker->name),
            "age", fa_json_seconds(worker->age),
            "done", fa_json_count(n.done),
            "failed", fa_json_count(n.failed),
            "bytes", fa_json_count(n.bytes),
            "rate", fa_json_seconds(numbers_rate(&n)),
            "active", (int)n.active));
        /* clang-format on */
    }
    return array;
}

static json_t *slowest_array(const struct fa_queue_answer *answer)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < answer->n_slowest; ++i) {
        const struct fa_queue_origin *origin = &answer->slowest[i];
        /* clang-format off */
        array = fa_json_append(array, json_pack(
            "{s:o, s:o, s:o, s:o, s:o, s:b}",
            "origin", fa_json_text(origin->name),
            "done", fa_json_count(origin->done),
            "failed", fa_json_count(origin->failed),
            "mean", fa_json_seconds(origin_mean(origin)),
            "not_before", origin->not_before > 0 ? fa_json_seconds(origin->not_before) : json_null(),
            "down", origin->down));
        /* clang-format on */
    }
    return array;
}

/* The manual documents these names (--json), and scripts depend on them. */
static int print_json(const struct fa_queue_answer *answer)
{
    /* clang-format off */
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o}",
        "entries", fa_json_count(answer->entries),
        "done", fa_json_count(count_done(answer)),
        "failed", fa_json_count(count_get(answer, "failed")),
        "pending", fa_json_count(answer->left),
        "held", fa_json_count(answer->held),
        "producers", (int)answer->producers,
        "bytes", fa_json_count(count_get(answer, "bytes")),
        "classes", classes_object(answer),
        "workers", workers_array(answer),
        "slowest", slowest_array(answer));
    /* clang-format on */
    return fa_json_print(object);
}

static void on_stat(void *ctx, const struct fa_queue_answer *answer)
{
    struct view *view = ctx;
    view->empty = answer->left == 0 && answer->producers == 0;
    if (!view->options->json)
        put_text(stdout, answer);
    else if (print_json(answer) != 0)
        view->failed = true;
}

static void on_notice(void *ctx, const char *text)
{
    (void)ctx;
    fputs("fetchall: ", stderr);
    fa_term_put(stderr, text);
    fputc('\n', stderr);
}

/* Once, or again and again. */
static int view_show(struct view *view, struct fa_client *client, struct fa_error *err)
{
    const struct timespec second = {.tv_sec = 1};
    for (;;) {
        if (fa_client_stat(client, on_stat, view, err) != 0)
            return -1;
        if (view->failed) {
            fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot create JSON from the queue");
            return -1;
        }
        if (fa_term_flush(err) != 0)
            return -1;
        if (!view->options->queue.follow || view->empty)
            return 0;
        nanosleep(&second, NULL);
        if (!view->options->json)
            fputs("\n", stdout);
    }
}

int fa_queue_status(const struct fa_options *options)
{
    struct view view = {.options = options};
    struct fa_queue_secrets secrets;
    struct fa_queue_setup setup;
    struct fa_error err = {0};
    int status = FA_EXIT_OK;
    if (fa_queue_setup(options, &secrets, &setup, &err) != 0) {
        fa_term_error(&err);
        return FA_EXIT_USAGE;
    }
    fa_signals_ignore();
    setup.notice = on_notice;
    struct fa_client *client = fa_client_new(&fa_queue_redis, &setup, &err);
    if (!client || view_show(&view, client, &err) != 0) {
        fa_term_error(&err);
        status = fa_queue_exit(&err);
    }
    fa_client_free(client);
    explicit_bzero(&secrets, sizeof(secrets));
    return status;
}
