/**
 * Looking at a tree of processes while it runs, from a thread of its own, through proc(5).
 *
 * A look costs more the more processes there are, so the next one comes after fifty times the
 * CPU time of the last one, and not before 50 ms (5 ms in the first second, so that short runs are seen too):
 * what it disturbs stays at 2 % of one core.  Peaks between two looks are missed.  Pages of the
 * program that we use too count as shared with us.
 */
#ifndef FETCHALL_CLI_COMPARE_METER_H
#define FETCHALL_CLI_COMPARE_METER_H

#include <stdint.h>
#include <sys/types.h>

#include <fetchall/error.h>

struct fa_meter;

/** What was seen at most; FA_UNMEASURED where the kernel does not tell. */
struct fa_peaks {
    uint64_t pss; /**< Bytes; of all processes of one look together. */
    uint64_t threads;
    uint64_t processes;
    double cpu; /**< Seconds of CPU that looking took. */
};

/** Begin to look at a process and all below it.  @return NULL: no thread, or no memory. */
struct fa_meter *fa_meter_start(pid_t root, struct fa_error *err);

/** End, and release it. */
void fa_meter_stop(struct fa_meter *meter, struct fa_peaks *ret);

#endif
