/**
 * How many CPUs the process may use, as opposed to those that the machine has (fa_cores() of
 * <fetchall/pool.h>): its affinity (sched_setaffinity(2), cpusets), and the least quota of the
 * control groups that it is in, up to the root (cgroups(7): cpu.max of v2, cpu.cfs_quota_us of v1).
 */
#ifndef FA_BASE_CORES_H
#define FA_BASE_CORES_H

/** What a cpu.max allows ("200000 100000" is 2); infinite without a limit, or if it is none. */
double fa_cores_parse_max(const char *text);

/** The same of cpu.cfs_quota_us and cpu.cfs_period_us. */
double fa_cores_parse_cfs(const char *quota, const char *period);

/**
 * The least quota of the control groups.
 *
 * @root  What comes before /proc and the mount points: "".
 * @return CPUs, or infinite.
 */
double fa_cores_quota(const char *root);

/** So many CPUs under a quota, a started one counted whole; at least 1. */
unsigned fa_cores_within(unsigned cpus, double quota);

#endif
