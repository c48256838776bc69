/**
 * Samples a tree of processes while it runs, from a thread of its own, through proc(5).
 *
 * The cost of a sample grows with the number of processes, so the next sample waits for fifty
 * times the CPU time of the last one, and at least 50 ms (5 ms in the first second, so that short
 * runs are sampled too): the disturbance stays at 2 % of one core.  Peaks between two samples are
 * missed.  Pages of the program that are mapped by this process too count as shared with it.
 */
#ifndef FETCHALL_CLI_COMPARE_METER_H
#define FETCHALL_CLI_COMPARE_METER_H

#include <stdint.h>
#include <sys/types.h>

#include <fetchall/error.h>

struct fa_meter;

/** Maxima of all samples; FA_UNMEASURED where the kernel has no value. */
struct fa_peaks {
    uint64_t pss; /**< Bytes; sum of all processes of a sample. */
    uint64_t threads;
    uint64_t processes;
    double cpu; /**< Seconds of CPU for sampling. */
};

/** Start to sample a process and its descendants.  @return NULL: no thread, or no memory. */
struct fa_meter *fa_meter_start(pid_t root, struct fa_error *err);

/** Stop, and free the meter. */
void fa_meter_stop(struct fa_meter *meter, struct fa_peaks *ret);

#endif
