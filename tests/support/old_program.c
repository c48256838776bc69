/*
 * A program that was compiled with the smallest structs that libfetchall.so.1 accepts.
 *
 *     old_program FOLDER
 *
 * It does not include the headers: it has a copy of the declarations, with the shorter structs.
 * Each struct is followed by garbage in memory, which the library must neither read nor write.  Do
 * not adapt the copy when the headers change: what breaks this program breaks others, and needs a
 * new soname.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* fetchall/error.h */
struct fa_error {
    int domain;
    int code;
    int class;
    char msg[240];
};
enum { FA_CLASS_CONNECT = 3 };

/* fetchall/config.h; the struct ended before sandbox. */
enum { FA_MODE_ASYNC = 0, FA_HASH_WITH_THREAD = 1 };

struct fa_config {
    size_t size;

    int mode;
    unsigned jobs;
    unsigned per_host;
    unsigned loops;

    const char *dir;
    int layout;
    const char *const *reserved;
    size_t n_reserved;
    const char *const *kept;
    size_t n_kept;
    bool overwrite;
    bool sync;
    bool plan;

    const char *state;
    bool no_state;
    bool retry_failed;
    int fsync;
    double disk_wait;

    unsigned retries;
    double retry_wait;
    double host_wait;
    double connect_timeout;
    double stall_timeout;
    uint64_t speed_limit;
    double speed_time;
    double timeout;
    uint64_t max_size;
    uint64_t rate;
    uint64_t halt;
    bool halt_percent;
    bool expect_length;

    const char *const *headers;
    size_t n_headers;
    const char *user_agent;
    bool netrc;
    const char *proxy;
    const char *cacert;
    const char *cert;
    const char *key;
    bool insecure;
    const char *const *resolve;
    size_t n_resolve;
    int family;
    int http;

    const char *secret_keys;

    unsigned hash;
    unsigned hash_first;
    unsigned hash_jobs;
    int hash_with;
    bool hash_existing;

    const char *worker_program;
};
void fa_config_init_size(struct fa_config *config, size_t size);

/* fetchall/event.h, up to what this program reads. */
enum { FA_STATUS_FAILED = 4, FA_STATUS_PLANNED = 5, FA_EVENT_DONE = 3 };

struct fa_result {
    const char *list;
    uint64_t line;
    const char *url;
    const char *path;
    const char *origin;
    int status;
    struct fa_error error;
};

struct fa_event {
    int type;
    union {
        struct fa_result done;
        double align;
    };
};
typedef void (*fa_event_handler)(void *ctx, const struct fa_event *event);

/* fetchall/session.h */
struct fa_session;
struct fa_session *fa_session_new(const struct fa_config *config, fa_event_handler handler,
                                  void *ctx, struct fa_error *err);
void fa_session_free(struct fa_session *session);
int fa_session_add_list(struct fa_session *session, const char *name, struct fa_error *err);
int fa_session_run(struct fa_session *session, int *ret_end, struct fa_error *err);

/* fetchall/sample.h; the struct ended before first_bad. */
struct fa_sample {
    size_t size;
    uint64_t entries;
    uint64_t bad;
    uint64_t origins;
    uint64_t taken;
    uint64_t taken_origins;
};
int fa_sample_write(const char *const *lists, size_t n_lists, uint64_t most, const char *file,
                    struct fa_sample *ret, struct fa_error *err);

/* fetchall/state.h; the struct ended before busy. */
struct fa_last_run {
    bool known;
    double began;
    double ended;
    uint64_t entries;
    uint64_t done;
    bool lists_final;
    char mode[16];
};
struct fa_state_summary {
    size_t size;
    struct fa_last_run run;
};
struct fa_state_entry;
int fa_state_read(const char *dir, const char *file, struct fa_state_summary *ret,
                  bool (*handler)(void *ctx, const struct fa_state_entry *entry), void *ctx,
                  struct fa_error *err);

/* fetchall/verify.h */
struct fa_checked;
int fa_verify_run(const struct fa_config *config, const char *manifest,
                  void (*handler)(void *ctx, const struct fa_checked *checked), void *ctx,
                  int64_t *ret_busy, struct fa_error *err);

/* fetchall/pool.h; the config ended before worker_program, the request before note. */
enum { FA_POOL_PROCESSES = 1 };
struct fa_pool;
struct fa_task;
struct fa_task_type {
    const char *name;
    int (*share)(const void *setup, size_t len, void **ret_shared, struct fa_error *err);
    int (*open)(void *shared, void **ret_state, struct fa_error *err);
    int (*confine)(void *shared, struct fa_error *err);
    int (*run)(void *state, struct fa_task *task, struct fa_error *err);
    void (*close)(void *state);
    void (*unshare)(void *shared);
    void (*reserved[4])(void);
};
struct fa_pool_config {
    size_t size;
    int kind;
    unsigned workers;
    const struct fa_task_type *types;
    const void *setup;
    size_t setup_len;
    double hang_timeout;
};
struct fa_task_result {
    bool ok;
    bool lost;
    struct fa_error error;
    const void *data;
    size_t len;
};
struct fa_task_request {
    size_t size;
    const char *type;
    const void *data;
    size_t len;
    const int *fds;
    size_t n_fds;
    void (*done)(void *arg, const struct fa_task_result *result);
    void (*progress)(void *arg, uint64_t value);
    void *arg;
};
int fa_task_note(struct fa_task *task, const void *data, size_t len);
int fa_task_reply(struct fa_task *task, const void *data, size_t len);
struct fa_pool *fa_pool_new(const struct fa_pool_config *config, struct fa_error *err);
void fa_pool_free(struct fa_pool *pool);
int fa_pool_submit(struct fa_pool *pool, const struct fa_task_request *request, uint64_t *ret_id,
                   struct fa_error *err);
int fa_pool_wait(struct fa_pool *pool, struct fa_error *err);
void fa_worker_main(int argc, char **argv, const struct fa_task_type *types);

#define GUARD     512
#define GARBAGE   0xa5
#define ENTRIES   2
#define REPLY     "a reply"
#define LIST      "http://127.0.0.1:1/one.txt\nhttp://127.0.0.1:1/two.txt\n"
#define EXPECT(x) expect((x), #x, __LINE__)

static struct fa_error err;

static void expect(bool holds, const char *what, int line)
{
    if (holds)
        return;
    fprintf(stderr, "old_program.c:%d: not so: %s (%s)\n", line, what, err.msg);
    exit(1);
}

/* A struct in a block whose other bytes are garbage. */
static void *guarded(size_t size)
{
    unsigned char *block = malloc(size + GUARD);
    EXPECT(block != NULL);
    memset(block, GARBAGE, size + GUARD);
    return block;
}

static void expect_intact(const void *block, size_t size)
{
    const unsigned char *bytes = block;
    for (size_t i = size; i < size + GUARD; ++i)
        EXPECT(bytes[i] == GARBAGE);
}

struct seen {
    unsigned planned, failed, two;
};

static void handle(void *ctx, const struct fa_event *event)
{
    struct seen *seen = ctx;
    if (event->type != FA_EVENT_DONE)
        return;
    seen->planned += event->done.status == FA_STATUS_PLANNED;
    seen->failed +=
        event->done.status == FA_STATUS_FAILED && event->done.error.class == FA_CLASS_CONNECT;
    seen->two += event->done.line == 2 && strcmp(event->done.path, "two.txt") == 0;
}

static struct fa_config *config_new(const char *dir)
{
    struct fa_config *config = guarded(sizeof(*config));
    fa_config_init_size(config, sizeof(*config));
    EXPECT(config->size == sizeof(*config));
    EXPECT(strcmp(config->dir, ".") == 0);
    EXPECT(config->worker_program == NULL);
    config->dir = dir;
    config->mode = FA_MODE_ASYNC;
    config->loops = 1;
    config->retries = 0;
    config->host_wait = 0;
    config->hash_with = FA_HASH_WITH_THREAD;
    expect_intact(config, sizeof(*config));
    return config;
}

static struct seen run_session(const struct fa_config *config, const char *list)
{
    struct seen seen = {0};
    int end = -1;
    struct fa_session *session = fa_session_new(config, handle, &seen, &err);
    EXPECT(session != NULL);
    EXPECT(fa_session_add_list(session, list, &err) == 0);
    EXPECT(fa_session_run(session, &end, &err) == 0);
    EXPECT(end == 0);
    fa_session_free(session);
    expect_intact(config, sizeof(*config));
    return seen;
}

static void count_checked(void *ctx, const struct fa_checked *checked)
{
    (void)checked;
    ++*(unsigned *)ctx;
}

static void try_verify(const struct fa_config *config)
{
    int64_t busy = -2;
    unsigned n = 0;
    EXPECT(fa_verify_run(config, NULL, count_checked, &n, &busy, &err) == 0);
    EXPECT(busy == 0);
    EXPECT(n == 1); /* the list, a file of unknown origin */
    expect_intact(config, sizeof(*config));
}

static void try_sessions(const char *dir, const char *list)
{
    struct fa_config *config = config_new(dir);
    config->plan = true;
    struct seen seen = run_session(config, list);
    EXPECT(seen.planned == ENTRIES && seen.two == 1);
    config->plan = false;
    seen = run_session(config, list);
    EXPECT(seen.failed == ENTRIES && seen.two == 1);
    try_verify(config);
    free(config);
}

static bool count(void *ctx, const struct fa_state_entry *entry)
{
    (void)entry;
    ++*(unsigned *)ctx;
    return true;
}

static void try_state(const char *dir)
{
    unsigned n = 0;
    struct fa_state_summary *summary = guarded(sizeof(*summary));
    summary->size = sizeof(*summary);
    EXPECT(fa_state_read(dir, NULL, summary, count, &n, &err) == 0);
    EXPECT(n == ENTRIES);
    EXPECT(summary->run.known && summary->run.entries == ENTRIES);
    EXPECT(strcmp(summary->run.mode, "async") == 0);
    expect_intact(summary, sizeof(*summary));
    free(summary);
}

static void try_sample(const char *list, const char *file)
{
    struct fa_sample *sample = guarded(sizeof(*sample));
    sample->size = sizeof(*sample);
    EXPECT(fa_sample_write(&list, 1, 1, file, sample, &err) == 0);
    EXPECT(sample->entries == ENTRIES && sample->taken == 1 && sample->taken_origins == 1);
    expect_intact(sample, sizeof(*sample));
    free(sample);
}

/* The note has no receiver in this program. */
static int run_task(void *state, struct fa_task *task, struct fa_error *error)
{
    (void)state, (void)error;
    return fa_task_note(task, "a note", 6) || fa_task_reply(task, REPLY, strlen(REPLY));
}

static const struct fa_task_type types[] = {{.name = "old", .run = run_task}, {.name = NULL}};

static void on_done(void *arg, const struct fa_task_result *result)
{
    EXPECT(result->ok && !result->lost);
    EXPECT(result->len == strlen(REPLY) && memcmp(result->data, REPLY, result->len) == 0);
    ++*(unsigned *)arg;
}

static void try_pool(void)
{
    unsigned done = 0;
    struct fa_pool_config *config = guarded(sizeof(*config));
    *config = (struct fa_pool_config){
        .size = sizeof(*config), .kind = FA_POOL_PROCESSES, .workers = 1, .types = types};
    struct fa_task_request *request = guarded(sizeof(*request));
    *request = (struct fa_task_request){
        .size = sizeof(*request), .type = "old", .done = on_done, .arg = &done};
    struct fa_pool *pool = fa_pool_new(config, &err);
    EXPECT(pool != NULL);
    EXPECT(fa_pool_submit(pool, request, NULL, &err) == 0);
    EXPECT(fa_pool_wait(pool, &err) == 0);
    EXPECT(done == 1);
    fa_pool_free(pool);
    expect_intact(config, sizeof(*config));
    expect_intact(request, sizeof(*request));
    free(config);
    free(request);
}

int main(int argc, char **argv)
{
    char list[4096], file[4096];
    fa_worker_main(argc, argv, types);
    EXPECT(argc == 2);
    snprintf(list, sizeof(list), "%s/list", argv[1]);
    snprintf(file, sizeof(file), "%s/sample", argv[1]);
    FILE *out = fopen(list, "w");
    EXPECT(out && fputs(LIST, out) >= 0 && fclose(out) == 0);
    try_sessions(argv[1], list);
    try_state(argv[1]);
    try_sample(list, file);
    try_pool();
    return 0;
}
