/*
 * /proc/self/cgroup names the group of the process in each hierarchy.  /proc/self/mountinfo names
 * the mount point of the hierarchy, and the group that is the root of that mount: in a container
 * this may be the process's own group.  Each group from there up to the mount point may have a
 * quota; the smallest applies.
 *
 * Without the quota, a container that may use 2 of 64 CPUs would get 64 digest workers.  The kernel
 * would let them use up the quota at the start of each period, and stop all of them, with the loop,
 * for the rest of it.
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

static double quota_cpus(long long quota, long long period)
{
    return quota > 0 && period > 0 ? (double)quota / (double)period : INFINITY;
}

/* "max 100000" means no quota; sscanf() then finds no number. */
double fa_cores_parse_max(const char *text)
{
    long long quota, period = 100000;
    return sscanf(text, "%lld %lld", &quota, &period) < 1 ? INFINITY : quota_cpus(quota, period);
}

/* A quota of -1 means no quota. */
double fa_cores_parse_cfs(const char *quota, const char *period)
{
    return quota_cpus(strtoll(quota, NULL, 10), strtoll(period, NULL, 10));
}

/* A fraction of a CPU still runs one thread, so round up. */
unsigned fa_cores_within(unsigned cpus, double quota)
{
    double most = fmax(1, fmin(cpus, ceil(quota)));
    return (unsigned)most;
}

static bool file_read_line(const char *dir, const char *name, char ret[TEXT_MAX])
{
    char path[2 * PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "re");
    bool good = file && fgets(ret, TEXT_MAX, file);
    if (file)
        fclose(file);
    return good;
}

/* A missing file means no quota: the controller is not enabled in that group. */
static double group_quota(const char *dir, bool v2)
{
    char quota[TEXT_MAX], period[TEXT_MAX];
    if (v2)
        return file_read_line(dir, "cpu.max", quota) ? fa_cores_parse_max(quota) : INFINITY;
    return file_read_line(dir, "cpu.cfs_quota_us", quota) &&
                   file_read_line(dir, "cpu.cfs_period_us", period)
               ? fa_cores_parse_cfs(quota, period)
               : INFINITY;
}

/* The smallest quota of a group and its parents, up to the mount point. */
static double group_quota_up(const char *mount, const char *path, bool v2)
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

/* Whether a comma-separated list contains a word. */
static bool list_has_word(const char *list, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, len) == 0 && (at[len] == ',' || at[len] == '\0'))
            return true;
    }
    return false;
}

/* Find the process's group in /proc/self/cgroup: "12:cpu,cpuacct:/path", or "0::/path" of v2. */
static bool process_group(const char *root, bool v2, char ret[PATH_MAX])
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
        found = v2 ? *controllers == '\0' : list_has_word(controllers, "cpu");
        if (found)
            snprintf(ret, PATH_MAX, "%.*s", PATH_MAX - 1, path);
    }
    if (file)
        fclose(file);
    return found;
}

/* Decode octal escapes: mountinfo writes a space as \040 (proc(5)). */
static void mountinfo_unescape(char *text)
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

/* Parse a line of mountinfo.  Its fourth field is the root of the mount, the fifth its mount
 * point; after a dash follow the type, the source and the options of the file system. */
static bool mountinfo_parse(char *line, bool v2, char **ret_top, char **ret_place)
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
             : strcmp(type, "cgroup") == 0 && list_has_word(options, "cpu")))
        return false;
    mountinfo_unescape(top);
    mountinfo_unescape(place);
    *ret_top = top;
    *ret_place = place;
    return true;
}

/* The group relative to the root of the mount; "" if it is outside. */
static const char *group_below(const char *path, const char *top)
{
    size_t len = strcmp(top, "/") == 0 ? 0 : strlen(top);
    bool is_below = strncmp(path, top, len) == 0 && (path[len] == '/' || path[len] == '\0');
    return is_below && strcmp(path + len, "/") != 0 ? path + len : "";
}

/* A hierarchy may be mounted several times, each showing a different part of the tree. */
static double hierarchy_quota(const char *root, bool v2)
{
    char group[PATH_MAX], name[PATH_MAX], line[4 * PATH_MAX];
    double least = INFINITY;
    if (!process_group(root, v2, group))
        return INFINITY;
    snprintf(name, sizeof(name), "%s/proc/self/mountinfo", root);
    FILE *file = fopen(name, "re");
    while (file && fgets(line, sizeof(line), file)) {
        char *top, *place, mount[2 * PATH_MAX];
        if (!mountinfo_parse(line, v2, &top, &place))
            continue;
        snprintf(mount, sizeof(mount), "%s%s", root, place);
        least = fmin(least, group_quota_up(mount, group_below(group, top), v2));
    }
    if (file)
        fclose(file);
    return least;
}

double fa_cores_quota(const char *root)
{
    return fmin(hierarchy_quota(root, true), hierarchy_quota(root, false));
}

/* The kernel rejects a mask smaller than its own, so try larger ones. */
static unsigned affinity_cpus(void)
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
    return fa_cores_within(affinity_cpus(), fa_cores_quota(""));
}
