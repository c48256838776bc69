/* The lock of a folder, with and without flock(2). */

#include "engine/lock.h"

#include "support/scratch.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct fa_scratch scratch;
static struct fa_owner owner;
static int folder;
static int refusal; /* what flock(2) fails with there; 0: it works */

int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);

/* The root folder has locks. */
int __wrap_flock(int fd, int how)
{
    char link[64], path[PATH_MAX] = "";
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    if (refusal == 0 || (readlink(link, path, sizeof(path) - 1) == 1 && path[0] == '/'))
        return __real_flock(fd, how);
    errno = refusal;
    return -1;
}

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_owner_init(&owner);
    folder = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    refusal = ENOSYS;
}

static void end(void)
{
    close(folder);
    fa_scratch_fini(&scratch);
}

TestSuite(lock, .init = begin, .fini = end, .timeout = 30.0);

static int take(struct fa_lock *lock, struct fa_error *err)
{
    fa_lock_init(lock);
    return fa_lock_take(lock, folder, ".fetchall", &owner, "DIR", err);
}

static bool there(const char *name)
{
    return faccessat(folder, name, F_OK, 0) == 0;
}

static void expect_refused(const char *says)
{
    struct fa_lock lock;
    struct fa_error err = {0};
    cr_expect_eq(take(&lock, &err), -1, "%s", says);
    cr_expect(strstr(err.msg, says), "%s", err.msg);
    cr_expect(!fa_lock_is_held(&lock));
}

static void expect_taken(void)
{
    struct fa_lock lock;
    struct fa_error err = {0};
    cr_assert_eq(take(&lock, &err), 0, "%s", err.msg);
    cr_expect(fa_lock_is_held(&lock));
    fa_lock_release(&lock);
    cr_expect(!there("owner") && !there("lock"));
}

Test(lock, flock_is_used_where_it_exists)
{
    struct fa_lock lock;
    struct fa_error err = {0};
    refusal = 0;
    cr_assert_eq(take(&lock, &err), 0);
    cr_expect(!lock.by_name && !there("owner"));
    char says[64];
    snprintf(says, sizeof(says), "another fetchall (pid %d) is at work in 'DIR'", (int)getpid());
    expect_refused(says);
    cr_expect_eq(fa_lock_holder(folder), getpid());
    fa_lock_release(&lock);
    cr_expect_eq(fa_lock_holder(folder), 0);
    cr_expect(!there("lock"));
}

Test(lock, an_error_of_flock_is_not_a_lock)
{
    refusal = EIO;
    expect_refused("cannot lock the folder 'DIR': Input/output error");
}

Test(lock, a_file_is_the_lock_where_flock_is_missing)
{
    static const int refusals[] = {ENOSYS, EOPNOTSUPP, EINVAL, ENOLCK};
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); ++i) {
        struct fa_lock lock;
        struct fa_error err = {0};
        refusal = refusals[i];
        cr_assert_eq(take(&lock, &err), 0, "%s", err.msg);
        cr_expect(lock.by_name && there("owner"));
        expect_refused("another fetchall (pid ");
        cr_expect_eq(fa_lock_holder(folder), getpid());
        fa_lock_release(&lock);
        cr_expect_eq(fa_lock_holder(folder), 0);
        cr_expect(!there("owner") && !there("lock"));
    }
}

Test(lock, one_that_a_dead_process_left_is_taken_over)
{
    struct fa_lock lock;
    struct fa_error err = {0};
    pid_t pid = fork();
    if (pid == 0)
        _exit(take(&lock, &err) ? 1 : 0);
    int status;
    cr_assert(waitpid(pid, &status, 0) == pid && status == 0);
    cr_assert(there("owner"));
    cr_expect_eq(fa_lock_holder(folder), 0);
    expect_taken();
}

/* The words of our own lock file: pid, start, boot, namespace, machine, time, host. */
enum word { PID, START, BOOT, PIDS, MACHINE, SINCE, HOST, WORDS };

static char *our_words[WORDS];

static void read_our_words(void)
{
    struct fa_lock lock;
    struct fa_error err = {0};
    char *rest;
    cr_assert_eq(take(&lock, &err), 0);
    char *text = fa_file_read(fa_scratch_path(&scratch, "owner"), NULL);
    fa_lock_release(&lock);
    char *word = strtok_r(text, " \n", &rest);
    for (size_t i = 0; i < WORDS; ++i, word = strtok_r(NULL, " \n", &rest)) {
        cr_assert_not_null(word);
        our_words[i] = word;
    }
}

static void write_with(const char *file, enum word which, const char *other)
{
    char text[300] = "";
    for (size_t i = 0; i < WORDS; ++i) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof(text) - n, "%s%s", i == which ? other : our_words[i],
                 i + 1 < WORDS ? " " : "\n");
    }
    fa_scratch_write(&scratch, file, text);
}

Test(lock, a_pid_that_is_used_again_is_another_process)
{
    read_our_words();
    write_with("owner", START, "1");
    cr_expect_eq(fa_lock_holder(folder), 0);
    expect_taken();
}

Test(lock, one_of_before_the_last_boot_is_taken_over_if_it_is_the_same_machine)
{
    read_our_words();
    write_with("owner", BOOT, "another");
    if (strcmp(our_words[MACHINE], "0") != 0)
        expect_taken();
    else
        expect_refused("on host");
}

Test(lock, one_of_a_process_that_cannot_be_seen_is_respected)
{
    static const struct {
        enum word which;
        const char *other;
    } rows[] = {{HOST, "elsewhere"}, {MACHINE, "1234"}, {PIDS, "1"}};
    read_our_words();
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        write_with("owner", rows[i].which, rows[i].other);
        expect_refused("; if it has ended, remove 'DIR/.fetchall/owner'");
        cr_expect_eq(fa_lock_holder(folder), -1);
        cr_expect(there("owner"));
    }
    refusal = 0; /* also if this host has flock(2) there */
    expect_refused("a fetchall on host");
}

Test(lock, a_flock_of_another_host_is_known_by_its_text)
{
    read_our_words();
    write_with("lock", HOST, "elsewhere");
    expect_refused("a fetchall on host 'elsewhere'");
    expect_refused("remove 'DIR/.fetchall/lock'");
}

Test(lock, what_cannot_be_read_is_respected_and_not_printed)
{
    static const char *const texts[] = {"who knows\n", "1 2 3\n", "1 1 b 1 1 1 \033[2J\n",
                                        "-5 1 b 1 1 1 host\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); ++i) {
        fa_scratch_write(&scratch, "owner", texts[i]);
        expect_refused("cannot tell who has locked 'DIR'");
    }
}

/* Only the file of the lock itself can be opened. */
Test(lock, a_lack_of_descriptors_is_not_a_lock)
{
    int next = dup(folder);
    close(next);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = (rlim_t)next + 1;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    refusal = 0;
    expect_refused("cannot lock the folder 'DIR': Too many open files");
}
