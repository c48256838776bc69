#include "memory_queue.h"

#include "fail.h"
#include "process.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTITIONS_MAX 64
#define WORKERS_MAX    16
#define ENTRIES_MAX    4096
#define SLOTS_MAX      (PARTITIONS_MAX * FA_QUEUE_SEATS)
/* As in queue.lua. */
#define LARGE      256
#define LARGE_PART 8

struct entry {
    char id[24];
    char *packed, *path;
    uint64_t url_key, line;
    unsigned partition;
    char holder[80];          /* of its lease: "WORKER#SEAT"; "": nobody */
    unsigned quarters, alone; /* of deaths */
    char begun[64];           /* by this worker */
    bool done;
};

struct lease {
    uint64_t token; /* 0: nobody has it */
    double until;
    char worker[64];
};

struct seen {
    char name[64];
    double at; /* 0: gone */
    char info[160];
};

struct origin {
    char name[80];
    unsigned slot;
    bool late;
    struct fa_queue_origin at;
};

struct fa_memory_store {
    char url[64];
    unsigned partitions; /* 0: there is no queue */
    double lease;
    uint64_t token;
    struct entry entries[ENTRIES_MAX];
    size_t n;
    struct lease leases[SLOTS_MAX];
    unsigned seats[PARTITIONS_MAX]; /* 0: one */
    struct seen workers[WORKERS_MAX], producers[WORKERS_MAX];
    struct origin origins[WORKERS_MAX]; /* late: a former owner has heard of a pause */
    size_t n_origins;
    struct fa_queue_count counts[32];
    char names[32][32];
    size_t n_counts;
};

struct fa_queue {
    struct fa_memory_store *store;
    struct event_base *base;
    char who[64];
    unsigned per_host;
};

/* An answer that is on its way, with the arrays it points to. */
struct sent {
    struct fa_queue_answer answer;
    fa_queue_then then;
    void *ctx;
    enum fa_queue_put puts[FA_QUEUE_BATCH];
    struct fa_queue_gain gained[SLOTS_MAX];
    struct fa_queue_origin origins[SLOTS_MAX][WORKERS_MAX];
    struct fa_queue_origin late[WORKERS_MAX];
    unsigned lost[SLOTS_MAX], empty[SLOTS_MAX], split[SLOTS_MAX];
    struct fa_queue_taken taken[ENTRIES_MAX];
    struct fa_queue_worker workers[WORKERS_MAX];
};

static void *fresh(size_t size)
{
    void *room = calloc(1, size);
    if (!room)
        fa_test_fail("no memory");
    return room;
}

struct fa_memory_store *fa_memory_store_new(void)
{
    struct fa_memory_store *store = fresh(sizeof(*store));
    snprintf(store->url, sizeof(store->url), "memory:%p", (void *)store);
    return store;
}

void fa_memory_store_free(struct fa_memory_store *store)
{
    for (size_t i = 0; store && i < store->n; ++i) {
        free(store->entries[i].packed);
        free(store->entries[i].path);
    }
    free(store);
}

const char *fa_memory_store_url(struct fa_memory_store *store)
{
    return store->url;
}

static void sent_arrive(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct sent *sent = arg;
    sent->then(sent->ctx, &sent->answer);
    free(sent);
}

static struct sent *sent_new(fa_queue_then then, void *ctx)
{
    struct sent *sent = fresh(sizeof(*sent));
    sent->then = then;
    sent->ctx = ctx;
    return sent;
}

static void sent_send(struct fa_queue *queue, struct sent *sent)
{
    const struct timeval now = {0};
    if (event_base_once(queue->base, -1, EV_TIMEOUT, sent_arrive, sent, &now))
        fa_test_fail("no event");
}

static void refuse(struct sent *sent, const char *why)
{
    fa_error_set(&sent->answer.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "%s", why);
}

static void count(struct fa_memory_store *store, const char *name, uint64_t more)
{
    size_t i = 0;
    while (i < store->n_counts && strcmp(store->names[i], name) != 0)
        ++i;
    if (i == store->n_counts) {
        snprintf(store->names[i], sizeof(store->names[i]), "%s", name);
        store->counts[store->n_counts++].name = store->names[i];
    }
    store->counts[i].count += more;
}

static struct seen *seen_of(struct seen *table, const char *name)
{
    for (size_t i = 0; i < WORKERS_MAX; ++i)
        if (!table[i].name[0] || strcmp(table[i].name, name) == 0) {
            snprintf(table[i].name, sizeof(table[i].name), "%s", name);
            return &table[i];
        }
    fa_test_fail("too many workers");
    return NULL;
}

static unsigned seen_count(const struct seen *table, double since)
{
    unsigned n = 0;
    for (size_t i = 0; i < WORKERS_MAX; ++i)
        n += table[i].at > 0 && table[i].at >= since;
    return n;
}

static uint64_t left_in(const struct fa_memory_store *store, unsigned partition)
{
    uint64_t n = 0;
    for (size_t i = 0; i < store->n; ++i)
        n += store->entries[i].partition == partition && !store->entries[i].done;
    return n;
}

static uint64_t left(const struct fa_memory_store *store)
{
    uint64_t n = 0;
    for (size_t i = 0; i < store->n; ++i)
        n += !store->entries[i].done;
    return n;
}

/* The name of a worker as the holder of a slot. */
static const char *holder_name(const struct fa_memory_store *store, unsigned slot,
                               const char *worker, char name[80])
{
    snprintf(name, 80, "%s#%u", worker, slot / store->partitions);
    return name;
}

static unsigned seats(const struct fa_memory_store *store, unsigned p)
{
    return store->seats[p] > 0 ? store->seats[p] : 1;
}

static unsigned seats_for(uint64_t length, uint64_t all, unsigned per_host)
{
    if (length < LARGE || length * LARGE_PART < all)
        return 1;
    return per_host < FA_QUEUE_SEATS ? per_host : FA_QUEUE_SEATS;
}

static struct origin *origin_of(struct fa_memory_store *store, unsigned slot, const char *name)
{
    size_t i = 0;
    while (i < store->n_origins &&
           (strcmp(store->origins[i].name, name) != 0 || store->origins[i].slot != slot))
        ++i;
    struct origin *at = &store->origins[i];
    if (i == store->n_origins) {
        ++store->n_origins;
        snprintf(at->name, sizeof(at->name), "%s", name);
        at->slot = slot;
        at->at.name = at->name;
    }
    return at;
}

/* A pause that another worker has heard of counts, if it is longer. */
static void raise_one(struct fa_memory_store *store, unsigned slot,
                      const struct fa_queue_origin *origin)
{
    struct origin *at = origin_of(store, slot, origin->name);
    if (origin->not_before <= at->at.not_before)
        return;
    at->at.not_before = origin->not_before;
    at->at.down = origin->down;
    at->late = true;
}

/* @return whether an outage, of which the owner knew, is over */
static bool say_one(struct fa_memory_store *store, unsigned slot,
                    const struct fa_queue_origin *origin)
{
    struct origin *at = origin_of(store, slot, origin->name);
    struct fa_queue_origin old = at->at;
    at->at = *origin;
    at->at.name = at->name;
    if (at->late)
        raise_one(store, slot, &old);
    return !at->late && old.down && !origin->down;
}

static void clear_one(struct fa_memory_store *store, unsigned slot, const char *name)
{
    struct origin *at = origin_of(store, slot, name);
    if (at->at.down) {
        at->at.down = at->late = false;
        at->at.not_before = 0;
    }
}

/* The number of seats is decided again while nobody has one; all have the pauses of the first. */
static void seats_update(struct fa_memory_store *store, unsigned p, unsigned per_host)
{
    unsigned before = seats(store, p);
    for (unsigned seat = 0; seat < before; ++seat)
        if (store->leases[seat * store->partitions + p].token)
            return;
    store->seats[p] = seats_for(left_in(store, p), left(store), per_host);
    size_t n = store->n_origins;
    for (unsigned seat = before; seat < seats(store, p); ++seat)
        for (size_t i = 0; i < n; ++i)
            if (store->origins[i].slot == p)
                raise_one(store, seat * store->partitions + p, &store->origins[i].at);
}

static bool holds(const struct entry *entry, const char *worker)
{
    return !entry->done && strcmp(entry->holder, worker) == 0;
}

static bool owns(const struct fa_queue *queue, const struct fa_queue_lease *lease)
{
    const struct lease *at = &queue->store->leases[lease->slot];
    return at->token == lease->token && strcmp(at->worker, queue->who) == 0;
}

/* @return whether the token is good */
static bool check_lease(const struct fa_queue *queue, const struct fa_queue_lease *lease,
                        struct sent *sent)
{
    if (owns(queue, lease))
        return true;
    sent->answer.stale = true;
    refuse(sent, "the lease is lost");
    return false;
}

static struct fa_queue *memory_open(const struct fa_queue_setup *setup, fa_queue_then then,
                                    void *ctx, struct fa_error *err)
{
    (void)err;
    void *at = NULL;
    sscanf(setup->url, "memory:%p", &at);
    struct fa_queue *queue = fresh(sizeof(*queue));
    struct fa_memory_store *store = queue->store = at;
    struct sent *sent = sent_new(then, ctx);
    queue->base = setup->base;
    snprintf(queue->who, sizeof(queue->who), "%s", setup->who);
    queue->per_host = setup->per_host > 0 ? setup->per_host : 1;
    if (!store->partitions && setup->create) {
        store->partitions = setup->partitions;
        store->lease = setup->lease;
    }
    if (!store->partitions)
        refuse(sent, "there is no such queue");
    sent->answer.partitions = store->partitions;
    sent->answer.lease = store->lease;
    sent_send(queue, sent);
    return queue;
}

static enum fa_queue_put put_one(struct fa_memory_store *store, const struct fa_queue_entry *put)
{
    for (size_t name = 0; name < FA_QUEUE_NAMES; ++name) {
        const struct entry *owner = NULL;
        for (size_t i = 0; i < store->n && !owner; ++i)
            if (strcmp(store->entries[i].path, put->paths[name]) == 0)
                owner = &store->entries[i];
        if (owner && owner->url_key == put->url_key)
            return FA_QUEUE_PUT_KNOWN;
        if (owner)
            continue;
        struct entry *entry = &store->entries[store->n++];
        snprintf(entry->id, sizeof(entry->id), "%zu-0", store->n);
        entry->packed = strdup(put->packed);
        entry->path = strdup(put->paths[name]);
        entry->url_key = put->url_key;
        entry->line = put->line;
        entry->partition = fa_queue_partition(put->origin_key, store->partitions);
        return FA_QUEUE_PUT_NEW;
    }
    return FA_QUEUE_PUT_TAKEN;
}

static void memory_put(struct fa_queue *queue, const struct fa_queue_entry *entries, size_t n,
                       fa_queue_then then, void *ctx)
{
    struct sent *sent = sent_new(then, ctx);
    seen_of(queue->store->producers, queue->who)->at = fa_now();
    for (size_t i = 0; i < n; ++i)
        sent->puts[i] = put_one(queue->store, &entries[i]);
    sent->answer.puts = sent->puts;
    sent_send(queue, sent);
}

static void memory_close(struct fa_queue *queue, fa_queue_then then, void *ctx)
{
    seen_of(queue->store->producers, queue->who)->at = 0;
    sent_send(queue, sent_new(then, ctx));
}

static void memory_leave(struct fa_queue *queue, fa_queue_then then, void *ctx)
{
    struct fa_memory_store *store = queue->store;
    seen_of(store->workers, queue->who)->at = 0;
    for (size_t i = 0; i < store->n; ++i)
        if (strcmp(store->entries[i].begun, queue->who) == 0)
            store->entries[i].begun[0] = '\0';
    sent_send(queue, sent_new(then, ctx));
}

/* All that its former owner had begun counts one more death, and what it held a quarter of one. */
static void bury_owner(struct fa_memory_store *store, unsigned slot, const char *former)
{
    unsigned n = 0;
    char name[80];
    for (size_t i = 0; i < store->n; ++i)
        n += !store->entries[i].done && strcmp(store->entries[i].begun, former) == 0;
    holder_name(store, slot, former, name);
    for (size_t i = 0; i < store->n; ++i) {
        struct entry *entry = &store->entries[i];
        if (entry->partition != slot % store->partitions || !holds(entry, name))
            continue;
        bool begun = strcmp(entry->begun, former) == 0;
        entry->quarters += begun ? 4 : 1;
        entry->alone += begun && n == 1;
    }
}

/* Whether the holder of an entry has another lease of the partition. */
static bool has_owner(const struct fa_memory_store *store, const struct entry *entry, unsigned slot)
{
    char name[80];
    for (unsigned seat = 0; seat < seats(store, entry->partition); ++seat) {
        unsigned other = seat * store->partitions + entry->partition;
        const struct lease *lease = &store->leases[other];
        if (other != slot && lease->token &&
            holds(entry, holder_name(store, other, lease->worker, name)))
            return true;
    }
    return false;
}

static void gain(struct fa_queue *queue, unsigned slot, struct sent *sent)
{
    struct fa_memory_store *store = queue->store;
    struct lease *lease = &store->leases[slot];
    struct fa_queue_gain *gained = &sent->gained[sent->answer.n_gained];
    unsigned p = slot % store->partitions;
    if (lease->token && strcmp(lease->worker, queue->who) != 0)
        bury_owner(store, slot, lease->worker);
    lease->token = ++store->token;
    lease->until = fa_now() + store->lease;
    snprintf(lease->worker, sizeof(lease->worker), "%s", queue->who);
    for (size_t i = 0; i < store->n; ++i) {
        struct entry *entry = &store->entries[i];
        if (entry->partition == p && entry->holder[0] && !has_owner(store, entry, slot))
            holder_name(store, slot, queue->who, entry->holder);
    }
    gained->lease = (struct fa_queue_lease){slot, lease->token};
    gained->seats = seats(store, p);
    gained->origins = sent->origins[sent->answer.n_gained++];
    for (size_t i = 0; i < store->n_origins; ++i)
        if (store->origins[i].slot == slot)
            sent->origins[sent->answer.n_gained - 1][gained->n_origins++] = store->origins[i].at;
    sent->answer.gained = sent->gained;
}

/* Renew what is held, and report what is lost or empty.  @return how many leases are held */
static unsigned renew(struct fa_queue *queue, const struct fa_queue_lease *leases, size_t n,
                      struct sent *sent, bool held[SLOTS_MAX])
{
    struct fa_memory_store *store = queue->store;
    unsigned mine = 0;
    sent->answer.lost = sent->lost;
    sent->answer.empty = sent->empty;
    sent->answer.late = sent->late;
    sent->answer.split = sent->split;
    for (size_t i = 0; i < n; ++i) {
        unsigned slot = leases[i].slot, p = slot % store->partitions;
        held[slot] = true;
        if (!owns(queue, &leases[i])) {
            sent->lost[sent->answer.n_lost++] = slot;
            continue;
        }
        for (size_t o = 0; o < store->n_origins; ++o)
            if (store->origins[o].slot == slot && store->origins[o].late) {
                sent->late[sent->answer.n_late++] = store->origins[o].at;
                store->origins[o].late = false;
            }
        ++mine;
        store->leases[slot].until = fa_now() + store->lease;
        if (left_in(store, p) == 0)
            sent->empty[sent->answer.n_empty++] = slot;
        else if (seats(store, p) == 1 && sent->answer.alive > 1 &&
                 seats_for(left_in(store, p), left(store), queue->per_host) > 1)
            sent->split[sent->answer.n_split++] = slot;
    }
    return mine;
}

static bool may_gain(const struct fa_queue *queue, unsigned slot, bool own)
{
    const struct fa_memory_store *store = queue->store;
    const struct lease *lease = &store->leases[slot];
    unsigned p = slot % store->partitions;
    bool ours = lease->token && strcmp(lease->worker, queue->who) == 0;
    return left_in(store, p) > 0 && slot / store->partitions < seats(store, p) && ours == own &&
           (ours ||
            (seats(store, p) <= queue->per_host && (!lease->token || lease->until < fa_now())));
}

/* Seconds until the last lease ends of a worker that has not renewed it for half of its time. */
static double silent(const struct fa_queue *queue)
{
    const struct fa_memory_store *store = queue->store;
    double last = 0, now = fa_now();
    for (unsigned slot = 0; slot < SLOTS_MAX; ++slot) {
        const struct lease *lease = &store->leases[slot];
        if (lease->token && left_in(store, slot % store->partitions) > 0 &&
            strcmp(lease->worker, queue->who) != 0 && lease->until < now + store->lease / 2)
            last = fmax(last, fmax(lease->until - now, 0.001));
    }
    return last;
}

static void memory_beat(struct fa_queue *queue, const struct fa_queue_lease *leases, size_t n,
                        unsigned most, const char *info, fa_queue_then then, void *ctx)
{
    struct fa_memory_store *store = queue->store;
    struct sent *sent = sent_new(then, ctx);
    struct seen *self = seen_of(store->workers, queue->who);
    bool held[SLOTS_MAX] = {false};
    double now = fa_now();
    unsigned filled = 0;
    self->at = now;
    snprintf(self->info, sizeof(self->info), "%s", info);
    unsigned workers = sent->answer.alive = seen_count(store->workers, now - store->lease);
    unsigned mine = renew(queue, leases, n, sent, held);
    for (unsigned p = 0; p < store->partitions; ++p)
        if (left_in(store, p) > 0) {
            seats_update(store, p, queue->per_host);
            filled += seats(store, p);
        }
    unsigned fair = (filled + workers - 1) / workers;
    fair = fair < most ? fair : most;
    unsigned used = mine - (unsigned)sent->answer.n_empty;
    for (int own = 1; own >= 0; --own)
        for (unsigned slot = 0; slot < store->partitions * FA_QUEUE_SEATS && used < fair; ++slot) {
            if (held[slot] || !may_gain(queue, slot, own == 1))
                continue;
            held[slot] = true;
            gain(queue, slot, sent);
            ++used;
        }
    sent->answer.over = used > fair ? used - fair : 0;
    sent->answer.left = left(store);
    sent->answer.producers = seen_count(store->producers, now - 60);
    sent->answer.silent = silent(queue);
    sent_send(queue, sent);
}

static void take_one(struct sent *sent, const struct entry *entry)
{
    sent->taken[sent->answer.n_taken++] = (struct fa_queue_taken){
        entry->id, entry->packed, entry->path, entry->line, entry->quarters / 4};
}

static void memory_take(struct fa_queue *queue, const struct fa_queue_lease *lease, unsigned most,
                        bool held, fa_queue_then then, void *ctx)
{
    struct fa_memory_store *store = queue->store;
    struct sent *sent = sent_new(then, ctx);
    bool good = check_lease(queue, lease, sent);
    char name[80];
    holder_name(store, lease->slot, queue->who, name);
    sent->answer.taken = sent->taken;
    for (size_t i = 0; good && i < store->n; ++i) {
        struct entry *entry = &store->entries[i];
        if (entry->done || entry->partition != lease->slot % store->partitions)
            continue;
        if (held && holds(entry, name)) {
            if (entry->quarters >= 12 && entry->alone >= 2) {
                entry->done = true;
                count(store, "failed", 1);
                count(store, "class:worker_crashed", 1);
            } else {
                take_one(sent, entry);
            }
        } else if (!held && !entry->holder[0] && sent->answer.n_taken < most) {
            snprintf(entry->holder, sizeof(entry->holder), "%s", name);
            take_one(sent, entry);
        }
    }
    sent_send(queue, sent);
}

static void memory_begin(struct fa_queue *queue, const struct fa_queue_begun *begun, size_t n,
                         fa_queue_then then, void *ctx)
{
    struct fa_memory_store *store = queue->store;
    for (size_t i = 0; i < n; ++i)
        for (size_t e = 0; e < store->n; ++e)
            if (strcmp(store->entries[e].id, begun[i].id) == 0)
                snprintf(store->entries[e].begun, sizeof(store->entries[e].begun), "%s",
                         queue->who);
    sent_send(queue, sent_new(then, ctx));
}

static void done_one(struct fa_memory_store *store, const struct fa_queue_result *result,
                     struct sent *sent)
{
    for (size_t i = 0; i < store->n; ++i) {
        struct entry *entry = &store->entries[i];
        char class[32];
        if (entry->done || strcmp(entry->id, result->id) != 0)
            continue;
        entry->done = true;
        ++sent->answer.counted;
        count(store, result->status, 1);
        count(store, "bytes", result->bytes);
        snprintf(class, sizeof(class), "class:%s", result->error);
        if (*result->error)
            count(store, class, 1);
    }
}

static void memory_done(struct fa_queue *queue, const struct fa_queue_lease *lease,
                        const struct fa_queue_result *results, size_t n, fa_queue_then then,
                        void *ctx)
{
    struct sent *sent = sent_new(then, ctx);
    bool good = check_lease(queue, lease, sent);
    for (size_t i = 0; good && i < n; ++i)
        done_one(queue->store, &results[i], sent);
    sent_send(queue, sent);
}

static void memory_defer(struct fa_queue *queue, const struct fa_queue_lease *lease,
                         fa_queue_then then, void *ctx)
{
    if (owns(queue, lease))
        queue->store->leases[lease->slot] = (struct lease){0};
    sent_send(queue, sent_new(then, ctx));
}

static void memory_block(struct fa_queue *queue, const struct fa_queue_lease *lease,
                         const struct fa_queue_origin *origins, size_t n, fa_queue_then then,
                         void *ctx)
{
    struct fa_memory_store *store = queue->store;
    struct sent *sent = sent_new(then, ctx);
    bool good = check_lease(queue, lease, sent);
    unsigned p = lease->slot % store->partitions;
    for (size_t i = 0; i < n; ++i) {
        bool back = good && say_one(store, lease->slot, &origins[i]);
        for (unsigned seat = 0; seat < seats(store, p); ++seat) {
            unsigned slot = seat * store->partitions + p;
            if (back)
                clear_one(store, slot, origins[i].name);
            if (!good || slot != lease->slot)
                raise_one(store, slot, &origins[i]);
        }
    }
    sent_send(queue, sent);
}

static void memory_stat(struct fa_queue *queue, fa_queue_then then, void *ctx)
{
    struct fa_memory_store *store = queue->store;
    struct sent *sent = sent_new(then, ctx);
    struct fa_queue_answer *answer = &sent->answer;
    answer->entries = store->n;
    answer->left = left(store);
    for (size_t i = 0; i < store->n; ++i)
        answer->held += !store->entries[i].done && store->entries[i].holder[0];
    answer->producers = seen_count(store->producers, fa_now() - 60);
    answer->lease = store->lease;
    answer->counts = store->counts;
    answer->n_counts = store->n_counts;
    answer->workers = sent->workers;
    for (size_t i = 0; i < WORKERS_MAX; ++i)
        if (store->workers[i].at > 0)
            sent->workers[answer->n_workers++] = (struct fa_queue_worker){
                store->workers[i].name, fa_now() - store->workers[i].at, store->workers[i].info};
    sent_send(queue, sent);
}

static void memory_free(struct fa_queue *queue)
{
    free(queue);
}

const struct fa_queue_ops fa_queue_memory = {
    .open = memory_open,
    .put = memory_put,
    .close = memory_close,
    .beat = memory_beat,
    .take = memory_take,
    .begin = memory_begin,
    .done = memory_done,
    .defer = memory_defer,
    .block = memory_block,
    .leave = memory_leave,
    .stat = memory_stat,
    .free = memory_free,
};
