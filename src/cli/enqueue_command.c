/*
 * Entries are put in batches, each answered before the next one is sent, so that memory stays
 * small, and a list that is a pipe is read as fast as the queue takes it.
 *
 * A list may also be silent for hours.  Therefore a thread of its own puts a batch that is not full
 * after a second, and tells the workers, which end with an empty queue, that more may come.  One
 * lock is for the batch and for the client, which knows no threads.
 */
#include "cli/enqueue_command.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fetchall/entries.h>
#include <fetchall/redact.h>

#include "base/clock.h"
#include "base/thread.h"
#include "cli/exit.h"
#include "cli/place.h"
#include "cli/queue_setup.h"
#include "cli/signals.h"
#include "cli/term.h"
#include "queue/client.h"

/* Maximum number of lines about invalid entries. */
#define LINES_MAX 100
/* Seconds after which entries are put that are fewer than a batch, and without a put; the queue
 * waits a minute for one. */
#define SILENCE      1
#define SIGN_OF_LIFE 5

/* Where an entry of the batch comes from, for messages. */
struct origin_line {
    char *url;
    const char *list;
};

struct enqueue {
    const struct fa_options *options;
    struct fa_stepper keeper;
    pthread_mutex_t lock;
    struct fa_client *client;
    double put_at; /* the last time */
    struct fa_queue_entry batch[FA_QUEUE_BATCH];
    struct origin_line from[FA_QUEUE_BATCH];
    size_t n;
    uint64_t added, known, bad;
    struct fa_error error; /* ends the command */
};

static void enqueue_print_bad(struct enqueue *enqueue, const char *list, uint64_t line,
                              const char *url, const struct fa_error *error)
{
    if (++enqueue->bad > LINES_MAX)
        return;
    fputs("fetchall: ", stderr);
    fa_place_put_entry(stderr, list, line, url);
    fprintf(stderr, "%s: ", fa_class_name(error->class));
    fa_term_put(stderr, error->msg);
    fputc('\n', stderr);
}

static void batch_clear(struct enqueue *enqueue)
{
    for (size_t i = 0; i < enqueue->n; ++i) {
        free((char *)enqueue->batch[i].packed);
        free(enqueue->from[i].url);
        for (size_t name = 0; name < FA_QUEUE_NAMES; ++name)
            free((char *)enqueue->batch[i].paths[name]);
    }
    enqueue->n = 0;
}

/* The answer says for each entry what became of it.  One whose names are all taken is an error of
 * the list, as in a run of its own.  Without entries it is a sign of life. */
static int batch_send(struct enqueue *enqueue)
{
    enum fa_queue_put puts[FA_QUEUE_BATCH] = {0};
    int result = fa_client_put(enqueue->client, enqueue->batch, enqueue->n, puts, &enqueue->error);
    for (size_t i = 0; result == 0 && i < enqueue->n; ++i) {
        struct fa_error taken;
        enqueue->added += puts[i] == FA_QUEUE_PUT_NEW;
        enqueue->known += puts[i] == FA_QUEUE_PUT_KNOWN;
        if (puts[i] != FA_QUEUE_PUT_TAKEN)
            continue;
        fa_error_set(&taken, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "the name '%.100s' and its alternatives are taken",
                     enqueue->batch[i].paths[0]);
        enqueue_print_bad(enqueue, enqueue->from[i].list, enqueue->batch[i].line,
                          enqueue->from[i].url, &taken);
    }
    batch_clear(enqueue);
    enqueue->put_at = fa_clock_now();
    return result;
}

/* Copies: what the list has lent ends with the handler. */
static int batch_add(struct enqueue *enqueue, const struct fa_listed *listed)
{
    struct fa_queue_entry *entry = &enqueue->batch[enqueue->n];
    struct origin_line *from = &enqueue->from[enqueue->n++];
    *entry = (struct fa_queue_entry){
        .origin_key = listed->origin_key,
        .url_key = listed->url_key,
        .packed = strdup(listed->packed),
        .line = listed->line,
    };
    *from = (struct origin_line){strdup(listed->url), listed->list};
    bool good = entry->packed && from->url;
    for (size_t name = 0; name < FA_QUEUE_NAMES; ++name) {
        entry->paths[name] = strdup(listed->paths[name]);
        good = good && entry->paths[name];
    }
    if (good)
        return 0;
    fa_error_system(&enqueue->error, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read an entry");
    return -1;
}

static bool enqueue_take(struct enqueue *enqueue, const struct fa_listed *listed)
{
    if (enqueue->error.class != FA_CLASS_NONE)
        return false;
    if (listed->error.class != FA_CLASS_NONE) {
        enqueue_print_bad(enqueue, listed->list, listed->line, listed->url, &listed->error);
        return true;
    }
    if (batch_add(enqueue, listed) != 0)
        return false;
    return enqueue->n < FA_QUEUE_BATCH || batch_send(enqueue) == 0;
}

static bool on_listed(void *ctx, const struct fa_listed *listed)
{
    struct enqueue *enqueue = ctx;
    pthread_mutex_lock(&enqueue->lock);
    bool more = enqueue_take(enqueue, listed);
    pthread_mutex_unlock(&enqueue->lock);
    return more;
}

static void *keeper_main(void *arg)
{
    struct enqueue *enqueue = arg;
    bool good = true;
    while (good && fa_stepper_wait(&enqueue->keeper, SILENCE * 1000)) {
        pthread_mutex_lock(&enqueue->lock);
        double silent = fa_clock_now() - enqueue->put_at;
        good = enqueue->error.class == FA_CLASS_NONE;
        if (good && silent >= (enqueue->n > 0 ? SILENCE : SIGN_OF_LIFE))
            good = batch_send(enqueue) == 0;
        pthread_mutex_unlock(&enqueue->lock);
    }
    return NULL;
}

/* The first sign of life comes before the first entry. */
static int keeper_start(struct enqueue *enqueue)
{
    if (batch_send(enqueue) != 0)
        return -1;
    int code = fa_stepper_start(&enqueue->keeper, keeper_main, enqueue);
    if (code == 0)
        return 0;
    fa_error_system(&enqueue->error, FA_CLASS_LOCAL_IO, code, "cannot start a thread");
    return -1;
}

static void on_notice(void *ctx, const char *text)
{
    const struct fa_options *options = ctx;
    if (options->quiet)
        return;
    fputs("fetchall: ", stderr);
    fa_term_put(stderr, text);
    fputc('\n', stderr);
}

/* @return 0, or -1 with the error of the lists; one of the queue is in enqueue->error. */
static int enqueue_lists(struct enqueue *enqueue, struct fa_error *err)
{
    const struct fa_texts *lists = &enqueue->options->lists;
    if (keeper_start(enqueue) != 0)
        return 0;
    int result = fa_entries_read(&enqueue->options->config, (const char *const *)lists->items,
                                 lists->count, on_listed, enqueue, err);
    fa_stepper_end(&enqueue->keeper);
    if (enqueue->n > 0 && enqueue->error.class == FA_CLASS_NONE)
        batch_send(enqueue);
    return result;
}

/* Whatever ends it, the queue is closed: workers would wait for more entries. */
static int enqueue_all(struct enqueue *enqueue, struct fa_error *err)
{
    struct fa_error closing;
    int result = enqueue_lists(enqueue, err);
    int closed = fa_client_close(enqueue->client, &closing);
    if (enqueue->error.class != FA_CLASS_NONE)
        *err = enqueue->error;
    else if (closed != 0 && result == 0)
        *err = closing;
    return result != 0 || closed != 0 || enqueue->error.class != FA_CLASS_NONE ? -1 : 0;
}

static void enqueue_print(const struct enqueue *enqueue)
{
    if (enqueue->options->quiet && enqueue->bad == 0)
        return;
    fprintf(stderr, "fetchall: %llu entries put", (unsigned long long)enqueue->added);
    if (enqueue->known)
        fprintf(stderr, ", %llu known already", (unsigned long long)enqueue->known);
    if (enqueue->bad)
        fprintf(stderr, ", %llu invalid", (unsigned long long)enqueue->bad);
    fputc('\n', stderr);
}

int fa_enqueue_command(const struct fa_options *options)
{
    struct fa_queue_secrets secrets;
    struct fa_queue_setup setup;
    struct fa_error err = {0};
    int status = FA_EXIT_USAGE;
    struct enqueue *enqueue = calloc(1, sizeof(*enqueue));
    fa_signals_ignore();
    if (!enqueue)
        fa_error_system(&err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read the lists");
    if (!enqueue || fa_queue_setup(options, &secrets, &setup, &err) != 0)
        goto failed;
    enqueue->options = options;
    pthread_mutex_init(&enqueue->lock, NULL);
    setup.create = true;
    setup.notice = on_notice;
    setup.ctx = (void *)options;
    enqueue->client = fa_client_new(&fa_queue_redis, &setup, &err);
    if (!enqueue->client || enqueue_all(enqueue, &err) != 0)
        goto failed;
    enqueue_print(enqueue);
    status = enqueue->bad ? FA_EXIT_PERMANENT : FA_EXIT_OK;
    goto out;

failed:
    fa_term_error(&err);
    status = fa_queue_exit(&err);
out:
    if (enqueue) {
        batch_clear(enqueue);
        fa_client_free(enqueue->client);
        pthread_mutex_destroy(&enqueue->lock);
    }
    free(enqueue);
    explicit_bzero(&secrets, sizeof(secrets));
    return status;
}
