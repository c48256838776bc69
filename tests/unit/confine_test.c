/*
 * For each right that a role loses: an action that works, or fails for another reason, before, and
 * is refused afterwards.  Each runs in a process of its own, because the rights cannot be regained.
 */
#include "confine/confine.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/fa-confine-XXXXXX"; /* may be written to */
static char other[] = "/tmp/fa-confine-XXXXXX";

static void begin(void)
{
    cr_assert_not_null(mkdtemp(dir));
    cr_assert_not_null(mkdtemp(other));
}

static void end(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s %s", dir, other);
    cr_assert_eq(system(command), 0);
}

TestSuite(confine, .init = begin, .fini = end);

/* Actions: 0, or an errno. */

static int result_of(int fd)
{
    return fd < 0 ? errno : 0;
}

static int read_file(void)
{
    return result_of(open("/etc/passwd", O_RDONLY));
}

static int make_file_in(const char *where)
{
    char path[64];
    snprintf(path, sizeof(path), "%s/file", where);
    return result_of(open(path, O_WRONLY | O_CREAT, 0600));
}

static int make_file(void)
{
    return make_file_in(other);
}

static int make_file_inside(void)
{
    return make_file_in(dir);
}

static int make_folder(void)
{
    char path[64];
    snprintf(path, sizeof(path), "%s/folder", other);
    return result_of(mkdir(path, 0700));
}

static int write_device(void)
{
    return result_of(open("/dev/null", O_WRONLY));
}

static int remove_folder(void)
{
    return result_of(rmdir(other));
}

static int link_file(void)
{
    char path[64];
    snprintf(path, sizeof(path), "%s/link", dir);
    return result_of(symlink("/etc/passwd", path));
}

static int execute(void)
{
    pid_t pid = vfork();
    if (pid < 0)
        return errno;
    if (pid == 0) {
        execl("/bin/true", "true", NULL);
        _exit(errno);
    }
    int status = 0;
    return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : errno;
}

static int fork_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid < 0 ? errno : 0;
}

static void *nothing(void *arg)
{
    return arg;
}

static int start_thread(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL);
}

static int open_socket(void)
{
    return result_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int listen_tcp(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd < 0 || bind(fd, (struct sockaddr *)&in, sizeof(in)) ? errno : 0;
}

static int trace_parent(void)
{
    pid_t parent = getppid();
    if (ptrace(PTRACE_SEIZE, parent, NULL, NULL))
        return errno;
    return ptrace(PTRACE_INTERRUPT, parent, NULL, NULL) ||
                   waitpid(parent, NULL, __WALL) != parent ||
                   ptrace(PTRACE_DETACH, parent, NULL, NULL)
               ? errno
               : 0;
}

static int signal_parent(void)
{
    return kill(getppid(), 0) ? errno : 0;
}

static int change_root(void)
{
    return chroot("/") ? errno : 0;
}

static int new_namespace(void)
{
    return unshare(CLONE_NEWNS) ? errno : 0;
}

static int change_user(void)
{
    return setuid(65534) ? errno : 0;
}

static int take_memory(void)
{
    void *memory = malloc(1 << 20);
    free(memory);
    return memory ? 0 : ENOMEM;
}

struct trial {
    const char *name;
    int (*act)(void);
    bool digest, download, supervisor; /* whether the role may still do it */
};

static const struct trial trials[] = {
    {"read a file", read_file, false, false, true},
    {"make a file", make_file, false, false, false},
    {"make a file inside", make_file_inside, false, false, true},
    {"make a folder", make_folder, false, false, false},
    {"write to a device", write_device, false, false, false},
    {"remove a folder", remove_folder, false, false, false},
    {"make a symbolic link inside", link_file, false, false, false},
    {"execute", execute, false, false, false},
    {"fork", fork_process, false, false, true},
    {"start a thread", start_thread, false, true, true},
    {"open a socket", open_socket, false, true, true},
    {"listen", listen_tcp, false, false, false},
    {"trace the parent", trace_parent, false, false, false},
    {"signal the parent", signal_parent, false, false, true},
    {"change the root", change_root, false, false, false},
    {"make a namespace", new_namespace, false, false, false},
    {"change the user", change_user, false, false, false},
    {"take memory", take_memory, true, true, true},
};

/* @return the result of the action: 0 or an errno; 255: it was not confined. */
static int try_as(int role, int (*act)(void))
{
    const struct fa_confine_rule rules[] = {{FA_CONFINE_WRITE, dir}, {FA_CONFINE_READ, "/etc/ssl"}};
    /* Only the supervisor may write below a folder. */
    size_t from = role == FA_CONFINE_SUPERVISOR ? 0 : 1;
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) {
        struct fa_error err;
        if (role >= 0 && fa_confine((enum fa_confine_role)role, rules + from, 2 - from, &err))
            _exit(255);
        _exit(act());
    }
    int status = 0;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

static void expect_role(enum fa_confine_role role, size_t offset)
{
    for (size_t i = 0; i < sizeof(trials) / sizeof(*trials); ++i) {
        const struct trial *trial = &trials[i];
        bool may = *(const bool *)((const char *)trial + offset);
        int before = try_as(-1, trial->act);
        end();
        strcpy(strrchr(dir, '-'), "-XXXXXX");
        strcpy(strrchr(other, '-'), "-XXXXXX");
        begin();
        int after = try_as((int)role, trial->act);
        cr_expect_eq(before, 0, "%s, not confined: %s", trial->name, strerror(before));
        if (may)
            cr_expect_eq(after, 0, "%s: %s", trial->name, strerror(after));
        else
            cr_expect(after == EPERM || after == EACCES, "%s: %s", trial->name,
                      after == 255 ? "not confined" : strerror(after));
    }
}

Test(confine, this_kernel_has_what_the_tests_below_need)
{
    cr_assert_eq(fa_confine_support(), FA_CONFINE_FILES | FA_CONFINE_CALLS);
}

Test(confine, digest_worker_has_nothing_but_its_descriptors)
{
    expect_role(FA_CONFINE_DIGEST, offsetof(struct trial, digest));
}

Test(confine, download_worker_has_sockets_and_writes_no_file)
{
    expect_role(FA_CONFINE_DOWNLOAD, offsetof(struct trial, download));
}

Test(confine, supervisor_writes_where_it_may_and_executes_nothing)
{
    expect_role(FA_CONFINE_SUPERVISOR, offsetof(struct trial, supervisor));
}

static int read_certificates(void)
{
    return result_of(open("/etc/ssl/openssl.cnf", O_RDONLY));
}

Test(confine, rules_give_rights_back)
{
    cr_assert_eq(try_as(FA_CONFINE_DOWNLOAD, read_certificates), 0);
    cr_assert_neq(try_as(FA_CONFINE_DIGEST, read_certificates), 0);
}
