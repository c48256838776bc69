/*
 * There is one call at a time: the loop runs until its answer ends it.  Lost connections and
 * requests that are sent again are the business of the queue, which answers each call once.
 */
#include "queue/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fa_client {
    const struct fa_queue_ops *ops;
    struct event_base *base;
    struct fa_queue *queue;
    struct fa_error error; /* of the last answer */
    bool answered;
    enum fa_queue_put *puts; /* where the answer to put goes */
    size_t n_puts;
    fa_queue_then then;
    void *ctx;
};

static void on_answer(void *ctx, const struct fa_queue_answer *answer)
{
    struct fa_client *client = ctx;
    client->answered = true;
    client->error = answer->error;
    if (answer->puts)
        memcpy(client->puts, answer->puts, client->n_puts * sizeof(*client->puts));
    if (client->then && answer->error.class == FA_CLASS_NONE)
        client->then(client->ctx, answer);
    event_base_loopbreak(client->base);
}

/* The answer may have come before the loop runs. */
static int client_wait(struct fa_client *client, struct fa_error *err)
{
    while (!client->answered && event_base_dispatch(client->base) == 0)
        continue;
    if (client->error.class == FA_CLASS_NONE)
        return 0;
    *err = client->error;
    return -1;
}

struct fa_client *fa_client_new(const struct fa_queue_ops *ops, const struct fa_queue_setup *setup,
                                struct fa_error *err)
{
    struct fa_queue_setup own = *setup;
    struct fa_client *client = calloc(1, sizeof(*client));
    if (client)
        client->base = own.base = event_base_new();
    if (!client || !client->base) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot open the queue");
        goto failed;
    }
    client->ops = ops;
    client->queue = ops->open(&own, on_answer, client, err);
    if (client->queue && client_wait(client, err) == 0)
        return client;

failed:
    fa_client_free(client);
    return NULL;
}

int fa_client_put(struct fa_client *client, const struct fa_queue_entry *entries, size_t n,
                  enum fa_queue_put *ret, struct fa_error *err)
{
    client->answered = false;
    client->puts = ret;
    client->n_puts = n;
    client->ops->put(client->queue, entries, n, on_answer, client);
    return client_wait(client, err);
}

int fa_client_close(struct fa_client *client, struct fa_error *err)
{
    client->answered = false;
    client->ops->close(client->queue, on_answer, client);
    return client_wait(client, err);
}

int fa_client_stat(struct fa_client *client, fa_queue_then then, void *ctx, struct fa_error *err)
{
    client->answered = false;
    client->then = then;
    client->ctx = ctx;
    client->ops->stat(client->queue, on_answer, client);
    int result = client_wait(client, err);
    client->then = NULL;
    return result;
}

void fa_client_free(struct fa_client *client)
{
    if (!client)
        return;
    if (client->queue)
        client->ops->free(client->queue);
    if (client->base)
        event_base_free(client->base);
    free(client);
}
