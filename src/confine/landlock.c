/*
 * A Landlock ruleset denies the rights that it handles, except where a rule grants them.  Constants
 * are taken from Debian 12's headers; newer ones are defined here.  Rights that the running kernel
 * does not know are left out, so that the strongest available confinement applies.
 */
#include "confine/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The first ABI that permits moving a file to another directory, as publishing a file does. */
#define ABI_MIN 2

#define ACCESS_TRUNCATE  (1ull << 14) /* ABI 3 */
#define ACCESS_IOCTL_DEV (1ull << 15) /* ABI 5 */
#define NET_BIND_TCP     (1ull << 0)  /* ABI 4 */
#define SCOPE_SIGNAL     (1ull << 1)  /* ABI 6 */

#define READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)
#define CHANGE                                                        \
    (LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER)
#define SPECIAL                                                                                   \
    (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* As of ABI 6; an older kernel reads only its beginning. */
struct ruleset {
    uint64_t fs, net, scoped;
};

static int landlock_abi(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

bool fa_landlock_supported(void)
{
    return landlock_abi() >= ABI_MIN;
}

static uint64_t abi_rights(int abi)
{
    uint64_t rights = READ | WRITE | CHANGE | SPECIAL | LANDLOCK_ACCESS_FS_EXECUTE;
    if (abi < 3)
        rights &= ~ACCESS_TRUNCATE;
    if (abi >= 5)
        rights |= ACCESS_IOCTL_DEV;
    return rights;
}

/* The rights that a role loses, except where a rule grants them. */
static struct ruleset role_ruleset(enum fa_confine_role role, int abi)
{
    struct ruleset set = {.fs = abi_rights(abi)};
    if (role == FA_CONFINE_SUPERVISOR) /* it reads lists and configures terminals anywhere */
        set.fs &= ~(READ | ACCESS_IOCTL_DEV);
    if (abi >= 4)
        set.net = NET_BIND_TCP;
    /* The supervisor must be able to kill workers, which are outside its domain. */
    if (abi >= 6 && role != FA_CONFINE_SUPERVISOR)
        set.scoped = SCOPE_SIGNAL;
    return set;
}

static uint64_t access_rights(enum fa_confine_access access)
{
    switch (access) {
    case FA_CONFINE_READ:
        return READ;
    case FA_CONFINE_WRITE:
        return READ | WRITE | CHANGE;
    case FA_CONFINE_EXECUTE:
        return READ | LANDLOCK_ACCESS_FS_EXECUTE;
    }
    return 0;
}

/* For a file, the kernel accepts only rights that apply to files. */
static int ruleset_allow(int set, const struct fa_confine_rule *rule, uint64_t handled)
{
    static const uint64_t of_files =
        LANDLOCK_ACCESS_FS_READ_FILE | WRITE | LANDLOCK_ACCESS_FS_EXECUTE;
    struct stat st;
    int fd = open(rule->path, O_PATH | O_CLOEXEC);
    /* A path that cannot be opened gets no rule: it stays denied, which is safe. */
    if (fd < 0)
        return 0;
    uint64_t rights = access_rights(rule->access) & handled;
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rights &= of_files;
    struct landlock_path_beneath_attr beneath = {.allowed_access = rights, .parent_fd = fd};
    int result = rights == 0 ? 0
                             : (int)syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH,
                                            &beneath, 0);
    int saved = errno;
    close(fd);
    errno = saved;
    /* An object outside of file systems, such as a pipe, needs no right. */
    return result && errno == EBADFD ? 0 : result;
}

int fa_landlock_apply(enum fa_confine_role role, const struct fa_confine_rule *rules,
                      size_t n_rules)
{
    int abi = landlock_abi();
    struct ruleset lose = role_ruleset(role, abi);
    /* A kernel rejects a larger structure with E2BIG if the part that it does not know is not zero
     * (landlock_create_ruleset(2)). */
    size_t size = abi >= 6 ? sizeof(lose) : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    int set = (int)syscall(SYS_landlock_create_ruleset, &lose, size, 0);
    if (set < 0)
        return -1;
    int result = 0;
    for (size_t i = 0; i < n_rules && result == 0; ++i)
        result = ruleset_allow(set, &rules[i], lose.fs);
    if (result == 0)
        result = (int)syscall(SYS_landlock_restrict_self, set, 0);
    int saved = errno;
    close(set);
    errno = saved;
    return result;
}
