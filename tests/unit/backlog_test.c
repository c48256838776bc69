#include "engine/backlog.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes that stay in memory before they are written. */
#define MEMORY (256u << 10)

#define QUEUES 100u

static char dir[] = "/tmp/fa-backlog-XXXXXX";
static int dirfd_ = -1;

static void set_up(void)
{
    cr_assert_not_null(mkdtemp(dir));
    dirfd_ = open(dir, O_RDONLY | O_DIRECTORY);
}

static void tear_down(void)
{
    close(dirfd_);
    cr_assert_eq(rmdir(dir), 0, "nothing was left behind");
}

TestSuite(backlog, .init = set_up, .fini = tear_down, .timeout = 60.0);

static void push(struct fa_backlog *backlog, struct fa_backlog_queue *queue, const void *data,
                 size_t len)
{
    struct fa_error err = {0};
    cr_assert_eq(fa_backlog_push(backlog, queue, data, len, &err), 0, "%s", err.msg);
}

static void expect(struct fa_backlog *backlog, struct fa_backlog_queue *queue, const void *data,
                   size_t len)
{
    struct fa_error err = {0};
    struct fa_buf buf;
    fa_buf_init(&buf);
    cr_assert_eq(fa_backlog_pop(backlog, queue, &buf, &err), 0, "%s", err.msg);
    cr_assert_eq(buf.len, len);
    cr_assert(len == 0 || memcmp(buf.data, data, len) == 0);
    fa_buf_fini(&buf);
}

/* The n-th record: its length and its bytes depend on n. */
static size_t record(char *text, size_t room, unsigned n)
{
    size_t len = (size_t)snprintf(text, room, "%u:", n);
    size_t more = n % 997 == 0 ? 5000 : n % 90;
    memset(text + len, 'a' + (int)(n % 26), more);
    return len + more;
}

static void push_record(struct fa_backlog *backlog, struct fa_backlog_queue *queue, unsigned n)
{
    char text[6000];
    push(backlog, queue, text, record(text, sizeof(text), n));
}

static void expect_record(struct fa_backlog *backlog, struct fa_backlog_queue *queue, unsigned n)
{
    char text[6000];
    expect(backlog, queue, text, record(text, sizeof(text), n));
}

/* Bytes of the file that this process has open under the folder; -1: it has none. */
static off_t file_size(void)
{
    struct stat folder, st;
    fstat(dirfd_, &folder);
    for (int fd = 0; fd < 256; ++fd)
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0 &&
            st.st_dev == folder.st_dev) {
            char link[64], at[256] = "";
            snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
            if (readlink(link, at, sizeof(at) - 1) > 0 && strstr(at, dir))
                return st.st_size;
        }
    return -1;
}

Test(backlog, returns_records_in_order)
{
    struct fa_backlog *backlog = fa_backlog_new(dirfd_, MEMORY, NULL);
    struct fa_backlog_queue queue = {0};
    push(backlog, &queue, "one", 3);
    push(backlog, &queue, "", 0);
    push(backlog, &queue, "three\0x", 7);
    cr_assert_eq(queue.count, 3);
    cr_assert_eq(fa_backlog_count(backlog), 3);
    expect(backlog, &queue, "one", 3);
    expect(backlog, &queue, "", 0);
    push(backlog, &queue, "four", 4);
    expect(backlog, &queue, "three\0x", 7);
    expect(backlog, &queue, "four", 4);
    cr_assert_eq(queue.count, 0);
    cr_assert_eq(fa_backlog_count(backlog), 0);
    cr_assert_eq(file_size(), -1, "so little needs no file");
    fa_backlog_free(backlog);
    fa_backlog_free(NULL);
}

Test(backlog, keeps_queues_apart)
{
    struct fa_backlog *backlog = fa_backlog_new(dirfd_, MEMORY, NULL);
    struct fa_backlog_queue queues[QUEUES] = {{0}};
    unsigned n = 200000;
    for (unsigned i = 0; i < n; ++i)
        push_record(backlog, &queues[i % QUEUES], i);
    cr_assert_gt(file_size(), 1 << 20);
    for (unsigned q = 0; q < QUEUES; ++q)
        for (unsigned i = q; i < n; i += QUEUES)
            expect_record(backlog, &queues[q], i);
    cr_assert_eq(fa_backlog_count(backlog), 0);
    cr_assert_eq(file_size(), 0, "the space is given back");
    push_record(backlog, &queues[3], 997);
    expect_record(backlog, &queues[3], 997);
    fa_backlog_free(backlog);
}

Test(backlog, takes_pushes_and_pops_in_any_order)
{
    struct fa_backlog *backlog = fa_backlog_new(dirfd_, MEMORY, NULL);
    struct fa_backlog_queue queues[QUEUES] = {{0}};
    unsigned pushed[QUEUES] = {0}, popped[QUEUES] = {0};
    uint64_t random = 1;
    for (unsigned i = 0; i < 400000; ++i) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned q = (unsigned)(random >> 33) % QUEUES;
        q = q * q / QUEUES; /* some more than others */
        bool more = (random >> 55) % 100 < (i < 200000 ? 60u : 40u);
        if (more)
            push_record(backlog, &queues[q], q * 1000003 + pushed[q]++);
        else if (queues[q].count > 0)
            expect_record(backlog, &queues[q], q * 1000003 + popped[q]++);
        cr_assert_eq(queues[q].count, pushed[q] - popped[q]);
    }
    for (unsigned q = 0; q < QUEUES; ++q)
        while (queues[q].count > 0)
            expect_record(backlog, &queues[q], q * 1000003 + popped[q]++);
    cr_assert_eq(fa_backlog_count(backlog), 0);
    fa_backlog_free(backlog);
}

Test(backlog, takes_records_larger_than_its_buffer)
{
    struct fa_backlog *backlog = fa_backlog_new(dirfd_, MEMORY, NULL);
    struct fa_backlog_queue queue = {0};
    size_t len = 3 * MEMORY + 17;
    char *data = malloc(len);
    for (size_t i = 0; i < len; ++i)
        data[i] = (char)(i * 31 >> 3);
    for (size_t i = 0; i < 5; ++i)
        push(backlog, &queue, data, len - i);
    for (size_t i = 0; i < 5; ++i)
        expect(backlog, &queue, data, len - i);
    free(data);
    fa_backlog_free(backlog);
}

/* Push small records until it fails.  Return how many there are then. */
static unsigned push_until_full(struct fa_backlog *backlog, struct fa_backlog_queue *queue,
                                struct fa_error *err)
{
    unsigned n = 0;
    char text[6000];
    while (n < 100000 &&
           fa_backlog_push(backlog, queue, text, record(text, sizeof(text), n), err) == 0)
        n++;
    return n;
}

Test(backlog, loses_nothing_when_there_is_no_space)
{
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit, small = {700001, 0};
    getrlimit(RLIMIT_FSIZE, &limit);
    small.rlim_max = limit.rlim_max;
    struct fa_backlog *backlog = fa_backlog_new(dirfd_, MEMORY, NULL);
    struct fa_backlog_queue queue = {0};
    struct fa_error err = {0};

    setrlimit(RLIMIT_FSIZE, &small);
    unsigned n = push_until_full(backlog, &queue, &err);
    cr_assert_lt(n, 100000);
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
    cr_assert_eq(err.code, EFBIG);
    cr_assert_eq(queue.count, n);
    for (unsigned i = 0; i < n / 2; ++i)
        expect_record(backlog, &queue, i);
    setrlimit(RLIMIT_FSIZE, &limit);

    push_record(backlog, &queue, n);
    for (unsigned i = n / 2; i <= n; ++i)
        expect_record(backlog, &queue, i);
    cr_assert_eq(fa_backlog_count(backlog), 0);
    fa_backlog_free(backlog);
}

Test(backlog, reports_why_it_has_no_file)
{
    struct fa_backlog *backlog = fa_backlog_new(-1, MEMORY, NULL);
    struct fa_backlog_queue queue = {0};
    struct fa_error err = {0};
    unsigned n = push_until_full(backlog, &queue, &err);
    cr_assert_lt(n, 100000);
    cr_assert_eq(err.code, EBADF);
    for (unsigned i = 0; i < n; ++i)
        expect_record(backlog, &queue, i);
    fa_backlog_free(backlog);
}
