/**
 * The file of --metrics: numbers of the run in the text format of Prometheus, for the textfile
 * collector of its node exporter.
 */
#ifndef FETCHALL_CLI_METRICS_H
#define FETCHALL_CLI_METRICS_H

#include <stdint.h>
#include <stdio.h>

#include <fetchall/event.h>

#include "cli/options.h"

/** Upper bounds of the buckets of a histogram; the last bucket has none. */
#define FA_METRICS_BUCKETS 15

struct fa_metrics_histogram {
    uint64_t counts[FA_METRICS_BUCKETS]; /**< Of each bucket alone. */
    double sum;
};

/** What a worker knows about its queue. */
struct fa_metrics_queue {
    unsigned leases;
    uint64_t held;    /**< Entries that this worker holds. */
    uint64_t pending; /**< Entries of all workers that are not done. */
};

struct fa_metrics {
    const char *path; /**< NULL: no file.  Borrowed. */
    char *labels;     /**< Of each sample.  Owned. */
    enum fa_mode mode;
    bool running, with_queue, failed;
    double started; /**< Seconds since 1970. */
    double written; /**< When the file was last written; seconds since the start. */
    uint64_t ended[FA_STATUSES];
    uint64_t failures[FA_CLASSES];
    uint64_t attempts;
    uint64_t retries[FA_CLASSES];
    uint64_t host_changes[FA_HOST_BACK + 1];
    uint64_t entries, bytes;               /**< All sessions together. */
    uint64_t former_entries, former_bytes; /**< Of sessions that have ended. */
    struct fa_progress progress;           /**< The last one; without what it points to. */
    struct fa_metrics_histogram duration, first_byte, loop_delay;
    struct fa_metrics_queue queue;
};

/** @options  Borrowed until fini.  @return 0, or -1: no memory. */
int fa_metrics_init(struct fa_metrics *metrics, const struct fa_options *options);

/** Count an event. */
void fa_metrics_count(struct fa_metrics *metrics, const struct fa_event *event);

/** Print all metrics. */
void fa_metrics_print(const struct fa_metrics *metrics, FILE *out);

/** Replace the file if it is old.  @time  Seconds since the start.  @return 0, or -1 for the first
 * error only. */
int fa_metrics_update(struct fa_metrics *metrics, double time, struct fa_error *err);

/** Replace the file: the run has ended.  @return 0, or -1 for the first error only. */
int fa_metrics_finish(struct fa_metrics *metrics, struct fa_error *err);

void fa_metrics_fini(struct fa_metrics *metrics);

#endif
