/*
 * Failing memory: each path runs with its i-th allocation failing, for every i, and again with all
 * allocations from the i-th on failing, until it runs without a failure.  It must report the error
 * and leak nothing (LeakSanitizer checks that, in the preset asan).
 *
 * The allocations that fail are those of our own code (-Wl,--wrap), and SQLite's, through its hook.
 * The linker cannot reach those of libcurl, libevent, OpenSSL and libc (realpath, fopen), and
 * libevent is known to call exit() for some of its own.
 */

#include "base/buf.h"
#include "engine/backlog.h"
#include "engine/hosts.h"
#include "engine/job.h"
#include "engine/name.h"
#include "engine/names.h"
#include "engine/store.h"
#include "engine/store_part.h"
#include "engine/store_publish.h"
#include "engine/timers.h"
#include "list/entry.h"
#include "list/list.h"
#include "list/packed.h"
#include "list/text.h"
#include "state/state.h"
#include "support/scratch.h"
#include "transfer/judge.h"
#include "transfer/response.h"
#include "transfer/settings.h"
#include "transfer/url.h"
#include "transfer/wire.h"

#include <fetchall/pool.h>
#include <fetchall/redact.h>
#include <fetchall/session.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST 60000 /* allocations of one path */

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static atomic_long left;     /* allocations until one fails; 0: none will */
static atomic_bool from_now; /* all after it fail, too */
static atomic_long failures;

static bool fails(void)
{
    long now = atomic_load(&left);
    while (now > 0 && !atomic_compare_exchange_weak(&left, &now, now - 1)) {
    }
    bool fail = now == 1;
    if (fail && atomic_load(&from_now)) {
        atomic_store(&left, 1);
    }
    failures += fail;
    return fail;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t most);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t most);
int __wrap_asprintf(char **ret, const char *format, ...) __attribute__((format(printf, 2, 3)));

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t most)
{
    return fails() ? NULL : __real_strndup(text, most);
}

int __wrap_asprintf(char **ret, const char *format, ...)
{
    if (fails()) {
        return -1;
    }
    va_list args;
    va_start(args, format);
    int len = vasprintf(ret, format, args);
    va_end(args);
    return len;
}

static sqlite3_mem_methods sqlite_memory;

static void *sqlite_malloc(int size)
{
    return fails() ? NULL : sqlite_memory.xMalloc(size);
}

static void *sqlite_realloc(void *old, int size)
{
    return fails() ? NULL : sqlite_memory.xRealloc(old, size);
}

static void hook_sqlite(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory);
    sqlite3_mem_methods ours = sqlite_memory;
    ours.xMalloc = sqlite_malloc;
    ours.xRealloc = sqlite_realloc;
    cr_assert_eq(sqlite3_config(SQLITE_CONFIG_MALLOC, &ours), SQLITE_OK);
    cr_assert_eq(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
}

static struct fa_scratch scratch;
static const char *list_file;
static const char *packed_file;
static const char *dir;
static const char *state_file;
static int dir_fd;

/* Each path returns whether it succeeded. */

static const char entry_text[] = "http://h/a\thttp://i/a\n out=x\n header=A: b\n header=C: d\n"
                                 " checksum=md5=00112233445566778899aabbccddeeff\n nonsense=1\n";

static bool entry_path(struct fa_error *err)
{
    struct fa_entry *entry = fa_text_parse("list", 1, entry_text, sizeof(entry_text) - 1, err);
    bool good = entry != NULL;
    fa_entry_free(entry);
    if (good) {
        struct fa_error why = {.class = FA_CLASS_BAD_URL, .msg = "bad"};
        entry = fa_entry_bad("list", 1, "x", 1, &why, err);
        good = entry != NULL;
        fa_entry_free(entry);
    }
    return good;
}

static bool read_list(const char *file, struct fa_error *err)
{
    struct fa_entry *entry;
    struct fa_list *list = fa_list_open(file, err);
    enum fa_list_what what = FA_LIST_ERROR;
    size_t entries = 0;
    while (list && (what = fa_list_next(list, 0, &entry, err)) == FA_LIST_ENTRY && entry) {
        ++entries;
        fa_entry_free(entry);
    }
    fa_list_free(list);
    return what == FA_LIST_END && entries == 300;
}

static bool list_path(struct fa_error *err)
{
    return read_list(list_file, err);
}

static bool packed_list_path(struct fa_error *err)
{
    return read_list(packed_file, err);
}

static bool packed_path(struct fa_error *err)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    struct fa_entry *entry = fa_text_parse("list", 1, entry_text, sizeof(entry_text) - 1, err);
    struct fa_entry *again = NULL;
    if (entry) {
        fa_entry_pack(entry, NULL, &buf);
        if (buf.failed)
            fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "it is said by failed");
        else
            again = fa_entry_unpack("list", 1, (const char *)buf.data, buf.len, err);
    }
    bool good = again != NULL;
    fa_entry_free(again);
    fa_entry_free(entry);
    fa_buf_fini(&buf);
    return good;
}

static bool url_path(struct fa_error *err)
{
    struct fa_url url;
    struct fa_url next;
    if (fa_url_parse(&url, "HTTP://user:secret@Host.example:81/a/../b%20c?d#e", NULL, err)) {
        return false;
    }
    bool good = fa_url_parse(&next, "../x", url.whole, err) == 0;
    if (good) {
        fa_url_fini(&next);
    }
    fa_url_fini(&url);
    char *text =
        good ? fa_redact_url("http://user:secret@h/?sig=a&to=http%3A%2F%2Fu%3Ap%40h\thttp://a:b/",
                             NULL)
             : NULL;
    if (good && !text) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "redact says it by NULL");
    }
    free(text);
    return text != NULL;
}

static bool name_path(struct fa_error *err)
{
    struct fa_name_source source = {.layout = FA_LAYOUT_TREE, .host = "h", .path = "/a/b%20c/d.e"};
    char *path = NULL;
    char *other = NULL;
    if (fa_name_build(&source, &path, err)) {
        return false;
    }
    bool good = fa_name_alternative(path, 0, 7, &other) == 0;
    if (!good) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "it is said by -1");
    }
    free(path);
    free(other);
    return good;
}

static bool names_path(struct fa_error *err)
{
    enum fa_claim claim;
    struct fa_names *names = fa_names_new(dir_fd, err);
    bool good = names != NULL;
    for (uint64_t i = 1; good && i < 3000; ++i) {
        good = fa_names_claim(names, i * 0x9e3779b97f4a7c15u, i, &claim, err) == 0 &&
               claim == FA_CLAIM_NEW;
    }
    fa_names_free(names);
    return good;
}

static bool backlog_path(struct fa_error *err)
{
    struct fa_backlog *backlog = fa_backlog_new(dir_fd, 4096, err);
    struct fa_backlog_queue queue = {0};
    struct fa_buf got;
    char data[5000];
    memset(data, 'x', sizeof(data));
    fa_buf_init(&got);
    bool good = backlog != NULL;
    for (int i = 0; good && i < 60; ++i) {
        good = fa_backlog_push(backlog, &queue, data, sizeof(data), err) == 0;
    }
    while (good && queue.count > 0) {
        good = fa_backlog_pop(backlog, &queue, &got, err) == 0 && got.len == sizeof(data);
    }
    fa_buf_fini(&got);
    fa_backlog_free(backlog);
    return good;
}

static bool hosts_path(struct fa_error *err)
{
    struct fa_hosts hosts;
    if (fa_hosts_init(&hosts, err)) {
        fa_hosts_fini(&hosts);
        return false;
    }
    bool good = true;
    for (int i = 0; good && i < 200; ++i) {
        struct fa_url url;
        char text[40];
        snprintf(text, sizeof(text), "http://h%d/", i);
        if (fa_url_parse(&url, text, NULL, err)) {
            good = false;
            break;
        }
        good = fa_hosts_get(&hosts, &url, (uint64_t)i) != NULL;
        if (!good) {
            fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "it is said by NULL");
        }
        fa_url_fini(&url);
    }
    fa_hosts_fini(&hosts);
    return good;
}

static bool timers_path(struct fa_error *err)
{
    struct fa_timers timers = {0};
    struct fa_timer all[300] = {{0}};
    bool good = true;
    for (size_t i = 0; good && i < 300; ++i) {
        good = fa_timers_set(&timers, &all[i], (double)(i * 7 % 300)) == 0;
    }
    if (!good) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "it is said by -1");
    }
    fa_timers_fini(&timers);
    return good;
}

static bool store_path(struct fa_error *err)
{
    struct fa_store *store = fa_store_new(dir, NULL, false, err);
    uint64_t offset = 0;
    bool good = store != NULL;
    int fd = good ? fa_store_part_write(store, 7, false, &offset, err) : -1;
    struct stat st;
    good = fd >= 0 && fstat(fd, &st) == 0;
    if (good) {
        struct fa_inode inode = {st.st_dev, st.st_ino};
        close(fd);
        good = fa_store_publish(store, 7, &inode, "a/b/c", true, err) == 0 &&
               fa_folder_sync(fa_store_folder(store), "a/b/c", err) == 0;
    }
    fa_store_free(store);
    return good;
}

static bool each_record(void *arg, const struct fa_record *record)
{
    *(size_t *)arg += record->key != 0;
    return true;
}

static bool state_path(struct fa_error *err)
{
    char notice[FA_MESSAGE_MAX];
    struct fa_state *state =
        fa_state_open(state_file, "/some/dir", FA_STATE_WRITE, false, notice, err);
    struct fa_record record = {.url = "http://h/", .path = "a", .size = 5, .modified = -1};
    size_t seen = 0;
    bool good = state && fa_state_begin(state, "async", 0, err) == 0;
    for (uint64_t key = 1; good && key < 200; ++key) {
        record.key = key;
        good = fa_state_put(state, &record, err) == 0;
    }
    good = good && fa_state_remove(state, 3, err) == 0 &&
           fa_state_progress(state, 9, 8, true, true, err) == 0 &&
           fa_state_commit(state, err) == 0 && fa_state_get(state, 4, &record, err) == 1 &&
           fa_state_each(state, FA_STANDINGS, each_record, &seen, err) == 0;
    fa_state_close(state);
    return good && seen == 198;
}

static bool wire_path(struct fa_error *err)
{
    const char *headers[] = {"A: 1", "B: 2"};
    struct fa_attempt attempt = {
        .url = "http://a/", .host_port = "a:80", .headers = headers, .n_headers = 2, .size = -1};
    struct fa_outcome outcome = {.location = (char *)(uintptr_t) "http://b/"};
    struct fa_attempt got;
    struct fa_outcome ended;
    const char **lines = NULL;
    struct fa_buf buf;
    struct fa_buf other;
    fa_buf_init(&buf);
    fa_buf_init(&other);
    fa_wire_put_attempt(&buf, &attempt);
    fa_wire_put_outcome(&other, &outcome);
    bool good = !buf.failed && !other.failed;
    if (good) {
        good = fa_wire_get_attempt(&got, &lines, buf.data, buf.len) == 0;
        free(lines);
    }
    if (good) {
        good = fa_wire_get_outcome(&ended, other.data, other.len) == 0;
        if (good) {
            fa_outcome_fini(&ended);
        }
    }
    if (!good) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "it is said by -1");
    }
    fa_buf_fini(&buf);
    fa_buf_fini(&other);
    return good;
}

static bool response_path(struct fa_error *err)
{
    static const char *const lines[] = {"HTTP/1.1 302 Found\r\n", "Location: /elsewhere\r\n",
                                        "\r\n"};
    struct fa_response response;
    fa_response_init(&response, NULL);
    for (size_t i = 0; i < 3; ++i) {
        fa_response_line(&response, lines[i], strlen(lines[i]), 0);
    }
    bool good = response.verdict == FA_VERDICT_REDIRECT && response.location;
    struct fa_outcome outcome = {0};
    if (!good) {
        fa_judge_explain(&response, &outcome);
        *err = outcome.error;
    }
    fa_response_fini(&response);
    return good;
}

static bool job_path(struct fa_error *err)
{
    struct fa_entry *entry = fa_text_parse("list", 1, entry_text, sizeof(entry_text) - 1, err);
    struct fa_job *job = entry ? fa_job_new(entry) : NULL;
    if (!job) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "it is said by NULL");
    }
    fa_job_free(job);
    return job != NULL;
}

static void on_task(void *arg, const struct fa_task_result *result)
{
    *(int *)arg = result->ok ? 1 : -1;
}

static int run_task(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state;
    if (fa_task_reply(task, "answer", 6) == 0) {
        return 0;
    }
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "cannot answer");
    return -1;
}

static bool pool_path(struct fa_error *err)
{
    static const struct fa_task_type types[] = {{.name = "t", .run = run_task}, {.name = NULL}};
    struct fa_pool_config config = {
        .size = sizeof(config), .kind = FA_POOL_THREADS, .workers = 1, .types = types};
    struct fa_pool *pool = fa_pool_new(&config, err);
    int ended = 0;
    uint64_t id;
    struct fa_task_request request = {.size = sizeof(request),
                                      .type = "t",
                                      .data = "x",
                                      .len = 1,
                                      .done = on_task,
                                      .arg = &ended};
    bool good =
        pool && fa_pool_submit(pool, &request, &id, err) == 0 && fa_pool_wait(pool, err) == 0;
    if (good && ended < 0) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "it is said by the result");
    }
    fa_pool_free(pool);
    return good && ended == 1;
}

static void on_event(void *ctx, const struct fa_event *event)
{
    (void)ctx, (void)event;
}

static bool session_path(struct fa_error *err)
{
    struct fa_config config;
    fa_config_init(&config);
    config.dir = dir;
    config.loops = 1;
    config.hash = 0;
    struct fa_session *session = fa_session_new(&config, on_event, NULL, err);
    bool good = session && fa_session_add_list(session, list_file, err) == 0;
    fa_session_free(session);
    return good;
}

static const struct path {
    const char *name;
    bool (*go)(struct fa_error *err);
    bool may_go_well; /* although an allocation failed: it makes do, or one entry fails */
} paths[] = {
    {"entry", entry_path, false},    {"list", list_path, false},
    {"packed", packed_path, false},  {"packed list", packed_list_path, false},
    {"url", url_path, false},        {"name", name_path, false},
    {"names", names_path, false},    {"backlog", backlog_path, false},
    {"hosts", hosts_path, true},     {"timers", timers_path, false},
    {"store", store_path, false},    {"state", state_path, true},
    {"wire", wire_path, false},      {"response", response_path, false},
    {"job", job_path, false},        {"pool", pool_path, true},
    {"session", session_path, true},
};

static void expect_no_leak(const struct path *path, long i)
{
    if (__lsan_do_recoverable_leak_check) {
        cr_assert_eq(__lsan_do_recoverable_leak_check(), 0, "%s leaks at allocation %ld",
                     path->name, i);
    }
}

/* Always in the same folder: leftovers of one run must not harm the next. */
static bool go_with(const struct path *path, long i, bool on)
{
    struct fa_error err = {0};
    failures = 0;
    from_now = on;
    left = i;
    bool good = path->go(&err);
    left = 0;
    if (failures == 0) {
        cr_assert(good, "%s fails without a reason: %s", path->name, err.msg);
        return false;
    }
    cr_assert(!good || path->may_go_well, "%s goes well without allocation %ld", path->name, i);
    cr_assert(good || err.class != FA_CLASS_NONE, "%s fails at allocation %ld without an error",
              path->name, i);
    expect_no_leak(path, i);
    return true;
}

static void begin(void)
{
    static char text[300 * 40];
    size_t len = 0;
    hook_sqlite();
    fa_scratch_init(&scratch);
    for (int i = 0; i < 300; ++i) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "http://127.0.0.1:1/%d\n out=f%d\n",
                                i, i);
    }
    list_file = fa_scratch_write(&scratch, "list", text);
    len = (size_t)snprintf(text, sizeof(text), "%s\n", FA_PACKED_MAGIC);
    for (int i = 0; i < 300; ++i)
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                "\thttp://127.0.0.1:1/%d\t\tout=f%d\n", i, i);
    packed_file = fa_scratch_write(&scratch, "packed", text);
    dir = fa_scratch_mkdir(&scratch, "dir");
    state_file = fa_scratch_path(&scratch, "state.db");
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void end(void)
{
    close(dir_fd);
    fa_scratch_fini(&scratch);
}

TestSuite(memory, .init = begin, .fini = end, .timeout = 200.0);

ParameterizedTestParameters(memory, any_allocation_of_a_path_may_fail)
{
    static size_t numbers[sizeof(paths) / sizeof(paths[0])];
    size_t count = sizeof(paths) / sizeof(paths[0]);
    for (size_t i = 0; i < count; ++i) {
        numbers[i] = i;
    }
    return cr_make_param_array(size_t, numbers, count);
}

ParameterizedTest(size_t *number, memory, any_allocation_of_a_path_may_fail)
{
    const struct path *path = &paths[*number];
    cr_assert(!go_with(path, 0, false)); /* allocated once, such as by curl_global_init() */
    expect_no_leak(path, 0);
    for (int on = 0; on < 2; ++on) {
        long i = 1;
        while (i < MOST && go_with(path, i, on)) {
            /* Long paths repeat the same allocations: skip some. */
            i += i < 400 ? 1 : 1 + i / 20;
        }
        cr_assert_gt(i, 1, "%s allocates nothing", path->name);
        cr_assert_lt(i, MOST, "%s allocates without end", path->name);
    }
}
