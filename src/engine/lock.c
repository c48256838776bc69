/*
 * The kernel releases flock(2) when the process dies.  The file is removed at the end of a run, so
 * whoever gets a lock on a removed file has to open the new one.
 *
 * A lock that is a file outlives its process.  Its text says who holds it: the PID with the time
 * that the process started, as PIDs are used again; boot and PID namespace, without which a PID
 * says nothing; the host, and an ID of the machine, which tells a host that was started again from
 * another one of the same name.  Only when all of that says that the process is dead, the file is
 * removed.
 *
 * Two processes of one host may find the same dead lock.  They take turns: the look at the file and
 * all that follows is done under a flock(2) on the root folder, which is on a local file system.
 * Processes of other hosts never remove a lock that is not theirs, and O_EXCL lets one of them
 * create the file.
 */
#include "engine/lock.h"

#include "base/clock.h"
#include "base/disk.h"
#include "base/hex.h"
#include "base/io.h"
#include "base/key.h"
#include "engine/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK  "lock"
#define OWNER "owner"
#define OWN   ".fetchall"
/* Microseconds until a lock is tried again. */
#define LOOK_WAIT 10000
/* So often: a process of another host that has created its lock file has written it by then. */
#define WRITE_LOOKS 200
#define TEXT_MAX    256

/* Who holds a lock, as its file says. */
struct holder {
    int pid;
    unsigned long long start;   /* clock ticks after the boot */
    char boot[40];              /* ID */
    unsigned long long pids;    /* the PID namespace */
    unsigned long long machine; /* hash of the machine ID, which is not to be published; 0: none */
    long long since;            /* seconds since 1970 */
    char host[65];
    int code; /* an errno: the file cannot be read; 0: it can */
};

enum holding { HOLDING_NONE, HOLDING_DEAD, HOLDING_HERE, HOLDING_ELSEWHERE, HOLDING_UNREADABLE };

void fa_lock_init(struct fa_lock *lock)
{
    *lock = (struct fa_lock){.at = -1, .fd = -1};
}

bool fa_lock_is_held(const struct fa_lock *lock)
{
    return lock->fd >= 0 || lock->by_name;
}

/* The first line of a file; "" if there is none. */
static void line_read(const char *file, char *ret, size_t size)
{
    FILE *in = fopen(file, "re");
    if (!in || !fgets(ret, (int)size, in))
        ret[0] = '\0';
    if (in)
        fclose(in);
    ret[strcspn(ret, "\n")] = '\0';
}

/* A zombie counts as dead.  @return When it started; 0: it is dead, or cannot be seen */
static unsigned long long process_start(int pid)
{
    char file[40], line[1024];
    char state = 'Z';
    unsigned long long start = 0;
    snprintf(file, sizeof(file), "/proc/%d/stat", pid);
    line_read(file, line, sizeof(line));
    const char *name_end = strrchr(line, ')'); /* the name may have any byte */
    if (!name_end || sscanf(name_end,
                            ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d"
                            " %*d %*d %llu",
                            &state, &start) != 2)
        return 0;
    return state == 'Z' || state == 'X' ? 0 : start;
}

static void holder_of_us(struct holder *ret)
{
    char machine[64];
    struct stat st;
    *ret = (struct holder){.pid = (int)getpid()};
    ret->start = process_start(ret->pid);
    line_read("/proc/sys/kernel/random/boot_id", ret->boot, sizeof(ret->boot));
    line_read("/etc/machine-id", machine, sizeof(machine));
    ret->machine = machine[0] ? fa_key_str(machine) : 0;
    ret->pids = stat("/proc/self/ns/pid", &st) ? 0 : st.st_ino;
    ret->since = (long long)fa_clock_read(CLOCK_REALTIME);
    if (gethostname(ret->host, sizeof(ret->host) - 1) || !ret->host[0])
        strcpy(ret->host, "?");
}

static int holder_write(const struct holder *holder, char ret[TEXT_MAX])
{
    return snprintf(ret, TEXT_MAX, "%d %llu %s %llu %llx %lld %s\n", holder->pid, holder->start,
                    holder->boot[0] ? holder->boot : "?", holder->pids, holder->machine,
                    holder->since, holder->host);
}

/* Another user cannot write to the file, but a printed text must hold nothing but a name. */
static bool host_is_plain(const char *host)
{
    return host[strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                             "-._?")] == '\0';
}

static bool holder_read(const char *text, struct holder *ret)
{
    *ret = (struct holder){0};
    return sscanf(text, "%d %llu %39s %llu %llx %lld %64s", &ret->pid, &ret->start, ret->boot,
                  &ret->pids, &ret->machine, &ret->since, ret->host) == 7 &&
           ret->pid > 0 && host_is_plain(ret->host);
}

static bool process_lives(const struct holder *holder)
{
    unsigned long long start = process_start(holder->pid);
    if (start == 0) /* other users' processes may be hidden: proc(5), hidepid */
        return kill(holder->pid, 0) && errno == EPERM;
    return start == holder->start || holder->start == 0;
}

/* What the text of a lock file means here. */
static enum holding holder_judge(const char *text, struct holder *ret)
{
    struct holder us;
    if (!holder_read(text, ret))
        return HOLDING_UNREADABLE;
    holder_of_us(&us);
    if (strcmp(us.host, ret->host) != 0 || us.machine != ret->machine)
        return HOLDING_ELSEWHERE;
    if (strcmp(us.boot, ret->boot) != 0)
        return us.machine && us.boot[0] ? HOLDING_DEAD : HOLDING_ELSEWHERE;
    if (us.pids != ret->pids)
        return HOLDING_ELSEWHERE;
    return process_lives(ret) ? HOLDING_HERE : HOLDING_DEAD;
}

/* @return What a lock file says; HOLDING_NONE: it is missing, or not written to its end */
static enum holding file_judge(int at, const char *name, struct holder *ret)
{
    char text[TEXT_MAX] = "";
    int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : pread(fd, text, sizeof(text) - 1, 0);
    int code = n < 0 || (fd < 0 && errno != ENOENT) ? errno : 0;
    if (fd >= 0)
        close(fd);
    *ret = (struct holder){.code = code};
    if (code)
        return HOLDING_UNREADABLE;
    return n < TEXT_MAX - 1 && !strchr(text, '\n') ? HOLDING_NONE : holder_judge(text, ret);
}

/* What this process lacks says nothing about the lock.  @return -1 */
static int lock_refuse(const struct fa_lock *lock, const struct holder *holder,
                       enum holding holding, const char *name, const char *dir,
                       struct fa_error *err)
{
    char since[32] = "?";
    time_t at = (time_t)holder->since;
    struct tm tm;
    if (holding == HOLDING_HERE) {
        fa_error_set(err, FA_DOMAIN_SYSTEM, EWOULDBLOCK, FA_CLASS_LOCAL_IO,
                     "another fetchall (pid %d) is at work in '%s'", holder->pid, dir);
    } else if (holding == HOLDING_ELSEWHERE) {
        if (localtime_r(&at, &tm))
            strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &tm);
        fa_error_set(err, FA_DOMAIN_SYSTEM, EWOULDBLOCK, FA_CLASS_LOCAL_IO,
                     "a fetchall on host '%s' (pid %d) is at work in '%s' since %s; if it has "
                     "ended, remove '%s/%s/%s'",
                     holder->host, holder->pid, dir, since, dir, lock->own, name);
    } else if (holder->code == EMFILE || holder->code == ENFILE || holder->code == ENOMEM) {
        errno = holder->code;
        fa_folder_failed(err, "lock the folder", dir);
    } else {
        fa_error_set(err, FA_DOMAIN_SYSTEM, EWOULDBLOCK, FA_CLASS_LOCAL_IO,
                     "cannot tell who has locked '%s'; if no fetchall is at work there, remove "
                     "'%s/%s/%s'",
                     dir, dir, lock->own, name);
    }
    return -1;
}

/* @return a descriptor of a lock file that belongs to us, or -1. */
static int lock_open(const struct fa_lock *lock, struct fa_owner *owner, const char *dir,
                     struct fa_error *err)
{
    int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    struct stat st;
    int fd = openat(lock->at, LOCK, flags, 0600);
    if (fd < 0 || fstat(fd, &st))
        fa_folder_not_made(err, lock->at, LOCK, "lock the folder", dir);
    else if (!S_ISREG(st.st_mode))
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "cannot lock the folder '%s': its " OWN "/" LOCK " %s", dir,
                     fa_folder_kind(st.st_mode));
    else if (fa_owner_check(owner, &st, lock->at, OWN "/" LOCK, err) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* A process of another host may be between creating its file and writing it. */
static enum holding owner_judge(const struct fa_lock *lock, struct holder *ret)
{
    enum holding holding = HOLDING_NONE;
    for (int i = 0; i < WRITE_LOOKS && holding == HOLDING_NONE; ++i) {
        if (i > 0)
            usleep(LOOK_WAIT);
        holding = file_judge(lock->at, OWNER, ret);
        if (holding == HOLDING_NONE && faccessat(lock->at, OWNER, F_OK, AT_SYMLINK_NOFOLLOW))
            break;
    }
    return holding;
}

/* The text is read again, because O_EXCL means little on some object stores: of two processes that
 * both have created the file, one sees the text of the other. */
static int owner_create(struct fa_lock *lock, const char *dir, struct fa_error *err)
{
    char text[TEXT_MAX], there[TEXT_MAX] = "";
    struct holder us;
    holder_of_us(&us);
    size_t len = (size_t)holder_write(&us, text);
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(lock->at, OWNER, flags, 0600);
    bool failed = fd < 0 || fa_io_pwrite(fd, text, len, 0);
    failed |= fd >= 0 && close(fd); /* where files are uploaded, that is when */
    int code = errno;
    if (failed && fd >= 0)
        unlinkat(lock->at, OWNER, 0);
    if (!failed) {
        fd = openat(lock->at, OWNER, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        failed = fd < 0 || pread(fd, there, sizeof(there) - 1, 0) != (ssize_t)len ||
                 strcmp(there, text) != 0;
        code = fd < 0 ? errno : EWOULDBLOCK;
        if (fd >= 0)
            close(fd);
    }
    lock->by_name = !failed;
    errno = code;
    return failed ? fa_folder_failed(err, "lock the folder", dir) : 0;
}

/* A flock(2) of another host, whose mount has it, is known by its text. */
static int owner_take(struct fa_lock *lock, const char *dir, struct fa_error *err)
{
    struct holder holder;
    enum holding holding = file_judge(lock->at, LOCK, &holder);
    if (holding != HOLDING_NONE && holding != HOLDING_DEAD)
        return lock_refuse(lock, &holder, holding, LOCK, dir, err);
    holding = owner_judge(lock, &holder);
    if (holding != HOLDING_NONE && holding != HOLDING_DEAD)
        return lock_refuse(lock, &holder, holding, OWNER, dir, err);
    if (unlinkat(lock->at, OWNER, 0) && errno != ENOENT)
        return fa_folder_failed(err, "lock the folder", dir);
    return owner_create(lock, dir, err);
}

/* Where even the root folder has no locks, there is no turn to wait for. */
static int owner_take_in_turn(struct fa_lock *lock, const char *dir, struct fa_error *err)
{
    int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < WRITE_LOOKS && flock(root, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK; ++i)
        usleep(LOOK_WAIT);
    int result = owner_take(lock, dir, err);
    if (root >= 0)
        close(root);
    return result;
}

/* Write who we are, for messages, and for hosts whose mount has no flock(2). */
static int lock_sign(struct fa_lock *lock, const char *dir, struct fa_error *err)
{
    char text[TEXT_MAX];
    struct holder us, holder;
    enum holding holding = file_judge(lock->at, OWNER, &holder);
    if (holding == HOLDING_DEAD)
        unlinkat(lock->at, OWNER, 0);
    else if (holding != HOLDING_NONE)
        return lock_refuse(lock, &holder, holding, OWNER, dir, err);
    holder_of_us(&us);
    holder_write(&us, text);
    if (ftruncate(lock->fd, 0) || dprintf(lock->fd, "%s", text) < 0)
        return fa_folder_failed(err, "lock the folder", dir);
    return 0;
}

static int lock_refuse_held(const struct fa_lock *lock, const char *dir, struct fa_error *err)
{
    char pid[24] = "";
    int fd = openat(lock->at, LOCK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : pread(fd, pid, sizeof(pid) - 1, 0);
    if (fd >= 0)
        close(fd);
    pid[n > 0 ? strspn(pid, "0123456789") : 0] = '\0';
    fa_error_set(err, FA_DOMAIN_SYSTEM, EWOULDBLOCK, FA_CLASS_LOCAL_IO,
                 "another fetchall (pid %s) is at work in '%s'", pid, dir);
    return -1;
}

/* A run that ends may remove the file between our open() and flock(): ESTALE.  @return an errno */
static int file_flock(int at, int fd)
{
    struct stat ours, there;
    if (flock(fd, LOCK_EX | LOCK_NB))
        return errno;
    bool same =
        fstat(fd, &ours) == 0 && fstatat(at, LOCK, &there, 0) == 0 && ours.st_ino == there.st_ino;
    return same ? 0 : ESTALE;
}

/* fa_lock_holder() takes the lock for a moment, so one that is held is tried again. */
int fa_lock_take(struct fa_lock *lock, int at, const char *own, struct fa_owner *owner,
                 const char *dir, struct fa_error *err)
{
    int code = ESTALE;
    lock->at = at;
    lock->own = own;
    for (int i = 0; i < 10 && (code == ESTALE || (code == EWOULDBLOCK && i < 4)); ++i) {
        if (code == EWOULDBLOCK)
            usleep(LOOK_WAIT);
        lock->fd = lock_open(lock, owner, dir, err);
        if (lock->fd < 0)
            return -1;
        code = file_flock(at, lock->fd);
        if (code == 0)
            break;
        close(lock->fd);
        lock->fd = -1;
    }
    if (code == EWOULDBLOCK)
        return lock_refuse_held(lock, dir, err);
    if (fa_disk_lacks(code))
        return owner_take_in_turn(lock, dir, err);
    errno = code;
    if (code)
        return fa_folder_failed(err, "lock the folder", dir);
    if (lock_sign(lock, dir, err) == 0)
        return 0;
    fa_lock_release(lock);
    return -1;
}

/* An empty "lock" beside the file that is the lock was made to try flock(2). */
void fa_lock_release(struct fa_lock *lock)
{
    struct stat st;
    if (lock->by_name) {
        unlinkat(lock->at, OWNER, 0);
        if (fstatat(lock->at, LOCK, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size == 0)
            unlinkat(lock->at, LOCK, 0);
    }
    if (lock->fd >= 0) {
        unlinkat(lock->at, LOCK, 0);
        close(lock->fd);
    }
    fa_lock_init(lock);
}

/* The text of "lock" is valid only while somebody holds it. */
int64_t fa_lock_holder(int at)
{
    char text[24] = "";
    struct holder holder;
    int fd = openat(at, LOCK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
    bool has_pid = held && pread(fd, text, sizeof(text) - 1, 0) > 0;
    if (fd >= 0)
        close(fd);
    long long pid = 0;
    if (held)
        return has_pid && sscanf(text, "%lld", &pid) == 1 && pid > 0 ? pid : -1;
    /* A folder of another user cannot be looked into. */
    if (faccessat(at, OWNER, R_OK, AT_EACCESS))
        return 0;
    switch (file_judge(at, OWNER, &holder)) {
    case HOLDING_HERE:
        return holder.pid;
    case HOLDING_ELSEWHERE:
    case HOLDING_UNREADABLE:
        return -1;
    case HOLDING_NONE:
    case HOLDING_DEAD:
        break;
    }
    return 0;
}
