/*
 * /proc/self/cgroup says where the process is in each hierarchy, /proc/self/mountinfo where that
 * hierarchy is mounted, and which of its groups the mount shows as its root: in a container that
 * may be the process's own.  Every group from there up to the mount may have a quota, and the least
 * one holds.
 */
#include "base/cores.h"

#include <fetchall/pool.h>

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 64
#define CPUS_MAX (1 << 16)

static double quota_of(long long quota, long long period)
{
    return quota > 0 && period > 0 ? (double)quota / (double)period : INFINITY;
}

double fa_cores_parse_max(const char *text)
{
    long long quota, period = 100000;
    return sscanf(text, "%lld %lld", &quota, &period) < 1 ? INFINITY : quota_of(quota, period);
}

double fa_cores_parse_cfs(const char *quota, const char *period)
{
    return quota_of(strtoll(quota, NULL, 10), strtoll(period, NULL, 10));
}

unsigned fa_cores_within(unsigned cpus, double quota)
{
    double most = fmax(1, fmin(cpus, ceil(quota)));
    return (unsigned)most;
}

static bool read_text(const char *dir, const char *name, char ret[TEXT_MAX])
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "re");
    bool good = file && fgets(ret, TEXT_MAX, file);
    if (file)
        fclose(file);
    return good;
}

static double group_quota(const char *dir, bool v2)
{
    char quota[TEXT_MAX], period[TEXT_MAX];
    if (v2)
        return read_text(dir, "cpu.max", quota) ? fa_cores_parse_max(quota) : INFINITY;
    return read_text(dir, "cpu.cfs_quota_us", quota) && read_text(dir, "cpu.cfs_period_us", period)
               ? fa_cores_parse_cfs(quota, period)
               : INFINITY;
}

/* The group `path` of what is mounted on `mount`, and those above it. */
static double walk_up(const char *mount, const char *path, bool v2)
{
    char dir[2 * PATH_MAX];
    size_t base = strlen(mount);
    double least = INFINITY;
    snprintf(dir, sizeof(dir), "%s%s", mount, path);
    for (;;) {
        least = fmin(least, group_quota(dir, v2));
        char *slash = strrchr(dir + base, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

/* Whether one of the words of a list with commas is this. */
static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, len) == 0 && (at[len] == ',' || at[len] == '\0'))
            return true;
    }
    return false;
}

/* "12:cpu,cpuacct:/path", or "0::/path" of v2, of /proc/self/cgroup. */
static bool find_group(const char *root, bool v2, char ret[PATH_MAX])
{
    char file_name[PATH_MAX], line[PATH_MAX + 256];
    bool found = false;
    snprintf(file_name, sizeof(file_name), "%s/proc/self/cgroup", root);
    FILE *file = fopen(file_name, "re");
    while (file && !found && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(++controllers, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        found = v2 ? *controllers == '\0' : has_word(controllers, "cpu");
        if (found)
            snprintf(ret, PATH_MAX, "%.*s", PATH_MAX - 1, path);
    }
    if (file)
        fclose(file);
    return found;
}

/* A blank of a path is \040 in mountinfo: proc(5). */
static void unescape(char *text)
{
    char *to = text;
    for (const char *at = text; *at; ++to) {
        unsigned code;
        if (*at == '\\' && sscanf(at, "\\%3o", &code) == 1) {
            *to = (char)code;
            at += 4;
        } else {
            *to = *at++;
        }
    }
    *to = '\0';
}

/* Fields of a line of mountinfo: the fourth is the mount's root, the fifth its place; behind a dash
 * come the type, the source and the options of the file system. */
static bool parse_mount(char *line, bool v2, char **ret_top, char **ret_place)
{
    char *save = NULL, *field = strtok_r(line, " \n", &save);
    for (int i = 1; field && i < 4; ++i)
        field = strtok_r(NULL, " \n", &save);
    char *top = field, *place = strtok_r(NULL, " \n", &save);
    while (field && strcmp(field, "-") != 0)
        field = strtok_r(NULL, " \n", &save);
    char *type = strtok_r(NULL, " \n", &save);
    char *source = type ? strtok_r(NULL, " \n", &save) : NULL;
    char *options = source ? strtok_r(NULL, " \n", &save) : NULL;
    if (!top || !place || !options ||
        !(v2 ? strcmp(type, "cgroup2") == 0
             : strcmp(type, "cgroup") == 0 && has_word(options, "cpu")))
        return false;
    unescape(top);
    unescape(place);
    *ret_top = top;
    *ret_place = place;
    return true;
}

/* The group as the mount shows it: below its top; what it does not show counts as its top. */
static const char *below(const char *path, const char *top)
{
    size_t len = strcmp(top, "/") == 0 ? 0 : strlen(top);
    bool is_below = strncmp(path, top, len) == 0 && (path[len] == '/' || path[len] == '\0');
    return is_below && strcmp(path + len, "/") != 0 ? path + len : "";
}

static double hierarchy_quota(const char *root, bool v2)
{
    char group[PATH_MAX], name[PATH_MAX], line[4 * PATH_MAX];
    double least = INFINITY;
    if (!find_group(root, v2, group))
        return INFINITY;
    snprintf(name, sizeof(name), "%s/proc/self/mountinfo", root);
    FILE *file = fopen(name, "re");
    while (file && fgets(line, sizeof(line), file)) {
        char *top, *place, mount[2 * PATH_MAX];
        if (!parse_mount(line, v2, &top, &place))
            continue;
        snprintf(mount, sizeof(mount), "%s%s", root, place);
        least = fmin(least, walk_up(mount, below(group, top), v2));
    }
    if (file)
        fclose(file);
    return least;
}

double fa_cores_quota(const char *root)
{
    return fmin(hierarchy_quota(root, true), hierarchy_quota(root, false));
}

/* A mask that is smaller than the kernel's is refused. */
static unsigned affinity(void)
{
    for (int n = CPU_SETSIZE; n <= CPUS_MAX; n *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)n);
        size_t size = CPU_ALLOC_SIZE((size_t)n);
        bool good = set && sched_getaffinity(0, size, set) == 0;
        int error = errno;
        int count = good ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (count > 0)
            return (unsigned)count;
        if (error != EINVAL)
            break;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

unsigned fa_cores(void)
{
    return fa_cores_within(affinity(), fa_cores_quota(""));
}
