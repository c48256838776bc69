/**
 * The number of CPUs that the process may use, as opposed to those of the machine (fa_cores() of
 * <fetchall/pool.h>): limited by its affinity (sched_setaffinity(2), cpusets) and by the smallest
 * quota of its control groups, up to the root (cgroups(7): cpu.max of v2, cpu.cfs_quota_us of v1).
 */
#ifndef FA_BASE_CORES_H
#define FA_BASE_CORES_H

/** CPUs allowed by a cpu.max ("200000 100000" is 2); infinite if it is unlimited or malformed. */
double fa_cores_parse_max(const char *text);

/** CPUs allowed by cpu.cfs_quota_us and cpu.cfs_period_us. */
double fa_cores_parse_cfs(const char *quota, const char *period);

/**
 * The smallest quota of the process's control groups.
 *
 * @root  Prefix of /proc and of the mount points: "", or a directory of a test.
 * @return CPUs, or infinite.
 */
double fa_cores_quota(const char *root);

/** Apply a quota to a number of CPUs.  Rounds up; at least 1. */
unsigned fa_cores_within(unsigned cpus, double quota);

#endif
