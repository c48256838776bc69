/* Affinity, and control groups in directory trees that the test creates. */

#include "base/cores.h"

#include "support/scratch.h"

#include <fetchall/pool.h>

#include <criterion/criterion.h>
#include <math.h>
#include <sched.h>

static struct fa_scratch scratch;

static void begin(void)
{
    fa_scratch_init(&scratch);
}

static void end(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(cores, .init = begin, .fini = end, .timeout = 10.0);

Test(cores, cpu_max_is_a_quota_and_a_period)
{
    cr_assert_eq(fa_cores_parse_max("200000 100000\n"), 2);
    cr_assert_eq(fa_cores_parse_max("150000 100000\n"), 1.5);
    cr_assert_eq(fa_cores_parse_max("5000 10000"), 0.5);
    static const char *const none[] = {"max 100000\n", "",         "\n", "0 100000",
                                       "-1 100000",    "100000 0", "x"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        cr_assert(isinf(fa_cores_parse_max(none[i])), "%s", none[i]);
}

Test(cores, cfs_quota_of_minus_one_is_none)
{
    cr_assert_eq(fa_cores_parse_cfs("400000\n", "100000\n"), 4);
    cr_assert(isinf(fa_cores_parse_cfs("-1\n", "100000\n")));
    cr_assert(isinf(fa_cores_parse_cfs("400000\n", "")));
}

Test(cores, started_cpu_counts_and_there_is_at_least_one)
{
    cr_assert_eq(fa_cores_within(128, 2), 2);
    cr_assert_eq(fa_cores_within(128, 1.5), 2);
    cr_assert_eq(fa_cores_within(128, 0.1), 1);
    cr_assert_eq(fa_cores_within(2, 64), 2);
    cr_assert_eq(fa_cores_within(2, INFINITY), 2);
}

static double quota(const char *cgroup, const char *mountinfo)
{
    fa_scratch_write(&scratch, "proc/self/cgroup", cgroup);
    fa_scratch_write(&scratch, "proc/self/mountinfo", mountinfo);
    return fa_cores_quota(scratch.path);
}

#define MOUNT2 "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
#define MOUNT1                                                            \
    "33 31 0:30 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n" \
    "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"

Test(cores, smallest_quota_up_to_the_root_applies)
{
    fa_scratch_write(&scratch, "sys/fs/cgroup/a.slice/b.slice/c/cpu.max", "max 100000\n");
    fa_scratch_write(&scratch, "sys/fs/cgroup/a.slice/b.slice/cpu.max", "300000 100000\n");
    fa_scratch_write(&scratch, "sys/fs/cgroup/a.slice/cpu.max", "800000 100000\n");
    fa_scratch_write(&scratch, "sys/fs/cgroup/other/cpu.max", "100000 100000\n");
    cr_assert_eq(quota("0::/a.slice/b.slice/c\n", MOUNT2), 3);
    cr_assert_eq(quota("0::/a.slice\n", MOUNT2), 8);
    cr_assert(isinf(quota("0::/\n", MOUNT2)));
}

Test(cores, container_sees_its_own_group_as_the_root)
{
    fa_scratch_write(&scratch, "sys/fs/cgroup/cpu.max", "200000 100000\n");
    cr_assert_eq(quota("0::/\n", MOUNT2), 2);
}

Test(cores, quotas_of_version_1_count)
{
    fa_scratch_write(&scratch, "sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us", "-1\n");
    fa_scratch_write(&scratch, "sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us", "100000\n");
    fa_scratch_write(&scratch, "sys/fs/cgroup/cpu/docker/cpu.cfs_quota_us", "250000\n");
    fa_scratch_write(&scratch, "sys/fs/cgroup/cpu/docker/cpu.cfs_period_us", "100000\n");
    cr_assert_eq(quota("4:memory:/m\n3:cpuacct,cpu:/docker/x\n0::/\n", MOUNT1 MOUNT2), 2.5);
    cr_assert(isinf(quota("3:cpuset:/docker/x\n", MOUNT1)));
}

Test(cores, mount_may_show_a_group_alone)
{
    fa_scratch_write(&scratch, "sys/fs/cgroup/my cpu/sub/cpu.cfs_quota_us", "500000\n");
    fa_scratch_write(&scratch, "sys/fs/cgroup/my cpu/sub/cpu.cfs_period_us", "100000\n");
    fa_scratch_write(&scratch, "sys/fs/cgroup/my cpu/cpu.cfs_quota_us", "700000\n");
    fa_scratch_write(&scratch, "sys/fs/cgroup/my cpu/cpu.cfs_period_us", "100000\n");
    static const char mount[] =
        "32 31 0:29 /docker/x /sys/fs/cgroup/my\\040cpu ro master:1 - cgroup cgroup rw,cpu\n";
    cr_assert_eq(quota("3:cpu:/docker/x/sub\n", mount), 5);
    cr_assert_eq(quota("3:cpu:/docker/x\n", mount), 7);
    cr_assert_eq(quota("3:cpu:/elsewhere\n", mount), 7);
}

Test(cores, without_control_groups_there_is_no_quota)
{
    cr_assert(isinf(fa_cores_quota(scratch.path)));
    cr_assert(isinf(quota("nonsense\n:\n\n", "1 2\n- - -\n\n")));
}

Test(cores, affinity_is_a_limit)
{
    cpu_set_t set, one;
    cr_assert_eq(sched_getaffinity(0, sizeof(set), &set), 0);
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &set))
            CPU_SET(i, &one);
    cr_assert_eq(sched_setaffinity(0, sizeof(one), &one), 0);
    cr_assert_eq(fa_cores(), 1);
}
