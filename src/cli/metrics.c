/*
 * The file is read by the textfile collector of Prometheus' node exporter, which may do so at any
 * time: so each version of it is written under another name, and renamed.
 *
 * The collector joins the files of a machine, and refuses a sample with the name and labels of
 * another one.  So every sample has the directory of its run as a label, and the shard or the
 * worker if there is one: two runs cannot have the same.
 *
 * Counters never decrease.  Those of a session begin at 0, and a worker that loses its leases
 * begins another session, so the counters of sessions that have ended are added.
 */
#include "cli/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <fetchall/version.h>

#include "base/utf8.h"
#include "cli/events.h"
#include "cli/whole.h"

/* Seconds between two versions of the file. */
#define INTERVAL 5.0

/* From an answer on the local network to a large file on a slow one; in seconds. */
static const double bounds[FA_METRICS_BUCKETS - 1] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                      1,     2.5,  5,     10,   30,  120,  600};

/* Label values are UTF-8; Prometheus rejects the whole file otherwise. */
static void label_put(FILE *out, const char *name, const char *value)
{
    uint32_t c;
    fprintf(out, "%s=\"", name);
    while (*value) {
        size_t len = fa_utf8_decode(value, &c);
        if (len == 0)
            fprintf(out, "\\\\x%02x", (unsigned char)*value);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", (int)c);
        else
            fwrite(value, 1, len, out);
        value += len ? len : 1;
    }
    fputc('"', out);
}

static char *labels_make(const struct fa_config *config)
{
    char *text = NULL, shard[32], *dir = realpath(config->dir, NULL);
    size_t len;
    FILE *out = open_memstream(&text, &len);
    if (out) {
        label_put(out, "dir", dir ? dir : config->dir);
        if (config->worker)
            label_put(out, ",worker", config->worker);
        snprintf(shard, sizeof(shard), "%u/%u", config->shard, config->shards);
        if (config->shards > 0)
            label_put(out, ",shard", shard);
        if (fclose(out) != 0) {
            free(text);
            text = NULL;
        }
    }
    free(dir);
    return text;
}

int fa_metrics_init(struct fa_metrics *metrics, const struct fa_options *options)
{
    *metrics = (struct fa_metrics){
        .mode = options->config.mode,
        .started = options->config.began,
        .with_queue = options->command == FA_COMMAND_WORK,
        .running = true,
        .written = -INTERVAL,
    };
    if (!options->metrics)
        return 0;
    metrics->labels = labels_make(&options->config);
    if (!metrics->labels)
        return -1;
    metrics->path = options->metrics;
    return 0;
}

/* Buckets are counted one by one, and added up when they are printed: "le" means all up to it. */
static void histogram_count(struct fa_metrics_histogram *histogram, double seconds)
{
    size_t i = 0;
    while (i < FA_METRICS_BUCKETS - 1 && seconds > bounds[i])
        ++i;
    ++histogram->counts[i];
    histogram->sum += seconds;
}

/* Only downloads have times: those of failures would be the time-outs. */
static void metrics_count_result(struct fa_metrics *metrics, const struct fa_result *result)
{
    if (result->status < FA_STATUSES)
        ++metrics->ended[result->status];
    if (fa_status_is_failure(result->status))
        ++metrics->failures[result->error.class];
    if (result->status != FA_STATUS_OK)
        return;
    histogram_count(&metrics->duration, result->time.total);
    histogram_count(&metrics->first_byte, result->time.ttfb);
}

static uint64_t counter_raise(uint64_t counter, uint64_t value)
{
    return value > counter ? value : counter;
}

/* Time that goes back shows that another session has begun.  Borrowed texts are not kept. */
static void metrics_count_progress(struct fa_metrics *metrics, const struct fa_progress *progress)
{
    if (progress->seconds < metrics->progress.seconds) {
        metrics->former_entries = metrics->entries;
        metrics->former_bytes = metrics->bytes;
    }
    metrics->progress = *progress;
    metrics->progress.down_origin = NULL;
    metrics->progress.paused_origin = NULL;
    metrics->progress.n_oldest = 0;
    metrics->entries = counter_raise(metrics->entries, metrics->former_entries + progress->entries);
    metrics->bytes = counter_raise(metrics->bytes, metrics->former_bytes + progress->bytes);
    if (progress->active > 0)
        histogram_count(&metrics->loop_delay, progress->loop_delay);
}

void fa_metrics_count(struct fa_metrics *metrics, const struct fa_event *event)
{
    if (!metrics->path)
        return;
    switch (event->type) {
    case FA_EVENT_STARTED:
        ++metrics->attempts;
        break;
    case FA_EVENT_RETRY:
        ++metrics->retries[event->retry.error ? event->retry.error->class : FA_CLASS_NONE];
        break;
    case FA_EVENT_HOST:
        ++metrics->host_changes[event->host.change];
        break;
    case FA_EVENT_DONE:
        metrics_count_result(metrics, &event->done);
        break;
    case FA_EVENT_PROGRESS:
        metrics_count_progress(metrics, &event->progress);
        break;
    case FA_EVENT_NOTICE:
    case FA_EVENT_SAVED:
    case FA_EVENT_OUTPUT:
        break;
    }
}

/* A family of metrics: what its samples have in common. */
struct family {
    const struct fa_metrics *metrics;
    FILE *out;
    const char *name;
};

static struct family family_begin(const struct fa_metrics *metrics, FILE *out, const char *name,
                                  const char *type, const char *help)
{
    fprintf(out, "# HELP fetchall_%s %s\n# TYPE fetchall_%s %s\n", name, help, name, type);
    return (struct family){metrics, out, name};
}

/* A sample with another label, if it has a name. */
static void family_put(const struct family *family, const char *label, const char *value,
                       uint64_t number)
{
    fprintf(family->out, "fetchall_%s{%s", family->name, family->metrics->labels);
    if (label)
        fprintf(family->out, ",%s=\"%s\"", label, value);
    fprintf(family->out, "} %" PRIu64 "\n", number);
}

static void put_one(const struct fa_metrics *metrics, FILE *out, const char *name, const char *type,
                    const char *help, uint64_t number)
{
    struct family family = family_begin(metrics, out, name, type, help);
    family_put(&family, NULL, NULL, number);
}

/* Classes without an error are left out; those that occur once stay. */
static void put_classes(const struct fa_metrics *metrics, FILE *out, const char *name,
                        const char *help, const uint64_t counts[FA_CLASSES])
{
    struct family family = family_begin(metrics, out, name, "counter", help);
    for (int class = FA_CLASS_NONE + 1; class < FA_CLASSES; ++class)
        family_put(&family, "class", fa_class_name((enum fa_class) class), counts[class]);
}

static void put_histogram(const struct fa_metrics *metrics, FILE *out, const char *name,
                          const char *help, const struct fa_metrics_histogram *histogram)
{
    uint64_t sum = 0;
    family_begin(metrics, out, name, "histogram", help);
    for (size_t i = 0; i < FA_METRICS_BUCKETS; ++i) {
        char bound[24] = "+Inf";
        if (i < FA_METRICS_BUCKETS - 1)
            snprintf(bound, sizeof(bound), "%g", bounds[i]);
        sum += histogram->counts[i];
        fprintf(out, "fetchall_%s_bucket{%s,le=\"%s\"} %" PRIu64 "\n", name, metrics->labels, bound,
                sum);
    }
    fprintf(out, "fetchall_%s_sum{%s} %.6f\nfetchall_%s_count{%s} %" PRIu64 "\n", name,
            metrics->labels, histogram->sum, name, metrics->labels, sum);
}

static void put_run(const struct fa_metrics *metrics, FILE *out)
{
    family_begin(metrics, out, "info", "gauge", "Version and strategy of the run.");
    fprintf(out, "fetchall_info{%s,version=\"%s\",mode=\"%s\"} 1\n", metrics->labels, FA_VERSION,
            fa_mode_name(metrics->mode));
    family_begin(metrics, out, "start_time_seconds", "gauge",
                 "Start of the run, in seconds since 1970.");
    fprintf(out, "fetchall_start_time_seconds{%s} %.3f\n", metrics->labels, metrics->started);
    put_one(metrics, out, "running", "gauge", "1 during the run, 0 after its end.",
            metrics->running);
}

static void put_counters(const struct fa_metrics *metrics, FILE *out)
{
    put_one(metrics, out, "entries_read_total", "counter", "Entries read from the lists.",
            metrics->entries);
    struct family family = family_begin(metrics, out, "entries_ended_total", "counter",
                                        "Entries that ended, by status.");
    for (unsigned status = 0; status < FA_STATUSES; ++status)
        family_put(&family, "status", fa_status_name((enum fa_status)status),
                   metrics->ended[status]);
    put_classes(metrics, out, "entries_failed_total", "Entries that failed, by class of the error.",
                metrics->failures);
    put_one(metrics, out, "attempts_total", "counter", "Attempts that started.", metrics->attempts);
    put_classes(metrics, out, "retries_total",
                "Attempts that failed and were followed by another one, by class of the error.",
                metrics->retries);
    put_one(metrics, out, "received_bytes_total", "counter", "Body bytes received.",
            metrics->bytes);
    family = family_begin(metrics, out, "host_changes_total", "counter",
                          "Hosts that asked for a pause, broke, were given up, or came back.");
    for (unsigned change = 0; change <= FA_HOST_BACK; ++change)
        family_put(&family, "change", fa_events_change((enum fa_host_change)change),
                   metrics->host_changes[change]);
}

/* After the end of the run gauges are 0, so that an old file raises no alarm. */
static void put_gauges(const struct fa_metrics *metrics, FILE *out)
{
    const struct fa_progress *progress = &metrics->progress;
    bool running = metrics->running;
    put_one(metrics, out, "active_transfers", "gauge", "Transfers that are running.",
            running ? progress->active : 0);
    put_one(metrics, out, "waiting_entries", "gauge", "Entries that wait for their next attempt.",
            running ? progress->waiting : 0);
    put_one(metrics, out, "hashing_entries", "gauge", "Entries whose digests are being computed.",
            running ? progress->hashing : 0);
    put_one(metrics, out, "down_hosts", "gauge", "Hosts that only fail and have entries.",
            running ? progress->down : 0);
    if (!metrics->with_queue)
        return;
    put_one(metrics, out, "queue_leases", "gauge", "Partitions that the worker owns.",
            metrics->queue.leases);
    put_one(metrics, out, "queue_held_entries", "gauge",
            "Entries that the worker has taken and not finished.", metrics->queue.held);
    put_one(metrics, out, "queue_pending_entries", "gauge",
            "Entries of the queue that are not done.", metrics->queue.pending);
}

void fa_metrics_print(const struct fa_metrics *metrics, FILE *out)
{
    put_run(metrics, out);
    put_counters(metrics, out);
    put_gauges(metrics, out);
    put_histogram(metrics, out, "transfer_duration_seconds",
                  "Time of the last attempt of a downloaded file.", &metrics->duration);
    put_histogram(metrics, out, "first_byte_seconds",
                  "Time to the first byte of the last attempt of a downloaded file.",
                  &metrics->first_byte);
    if (metrics->mode == FA_MODE_ASYNC)
        put_histogram(metrics, out, "loop_delay_seconds",
                      "Longest delay of the event loops in each tenth of a second with transfers.",
                      &metrics->loop_delay);
}

/* One failure is reported, and the file is not tried again: the run is worth more. */
static int metrics_write(struct fa_metrics *metrics, struct fa_error *err)
{
    struct fa_whole whole;
    if (metrics->failed)
        return 0;
    int result = fa_whole_open(&whole, "metrics", metrics->path, err);
    if (result == 0) {
        fa_metrics_print(metrics, whole.output.file);
        result = fa_whole_publish(&whole, err);
        fa_whole_fini(&whole);
    }
    metrics->failed = result != 0;
    return result;
}

int fa_metrics_update(struct fa_metrics *metrics, double time, struct fa_error *err)
{
    if (!metrics->path || time - metrics->written < INTERVAL)
        return 0;
    metrics->written = time;
    return metrics_write(metrics, err);
}

int fa_metrics_finish(struct fa_metrics *metrics, struct fa_error *err)
{
    metrics->running = false;
    return metrics->path ? metrics_write(metrics, err) : 0;
}

void fa_metrics_fini(struct fa_metrics *metrics)
{
    free(metrics->labels);
    metrics->labels = NULL;
}
