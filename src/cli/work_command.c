/*
 * A session downloads what the worker takes from the queue.  When the worker loses its leases, the
 * session is stopped, and the next one goes on: it has the same state and resumes the same parts.
 *
 * Entries that a stop has ended early are given back to the queue, so they have no result here.
 */
#include "cli/work_command.h"

#include <stdlib.h>
#include <string.h>

#include "cli/observer.h"
#include "cli/queue_setup.h"
#include "cli/report.h"
#include "cli/signals.h"
#include "cli/term.h"
#include "queue/feeder.h"

struct work {
    const struct fa_options *options;
    struct fa_queue_setup setup;
    struct fa_observer observer;
    struct fa_feeder *feeder; /* of the session that runs */
    bool opened;              /* the outputs are open */
};

static void on_event(void *ctx, const struct fa_event *event)
{
    struct work *work = ctx;
    struct fa_feeder_figures figures;
    if (event->type == FA_EVENT_PROGRESS && work->feeder) {
        fa_feeder_get_figures(work->feeder, &figures);
        work->observer.metrics.queue =
            (struct fa_metrics_queue){figures.leases, figures.held, figures.pending};
    }
    bool given_back = event->type == FA_EVENT_DONE && work->feeder &&
                      fa_feeder_gives_back(work->feeder, &event->done);
    if (!given_back)
        fa_observer_handle(&work->observer, event);
    if (work->feeder)
        fa_feeder_handle(work->feeder, event);
}

static void on_notice(void *ctx, const char *text)
{
    struct work *work = ctx;
    const struct fa_event event = {.type = FA_EVENT_NOTICE, .notice = {.text = text}};
    fa_observer_handle(&work->observer, &event);
}

static void on_alive(void *ctx)
{
    struct work *work = ctx;
    fa_observer_alive(&work->observer);
}

static bool is_stopping(void *ctx)
{
    (void)ctx;
    return fa_signals_caught() != 0;
}

static char *result_text(const struct fa_result *result)
{
    return fa_report_text(result, false);
}

/* The least of the hosts: a worker cannot use a smaller part of one transfer. */
static unsigned config_least_per_host(const struct fa_config *config, unsigned jobs)
{
    unsigned least = config->per_host ? config->per_host : jobs;
    for (size_t i = 0; i < config->n_hosts; ++i) {
        unsigned own = config->hosts[i]->set & FA_HOST_PER_HOST ? config->hosts[i]->per_host : 0;
        least = own > 0 && own < least ? own : least;
    }
    return least;
}

/* Run one session to its end.  @return whether to go on with another one */
static bool work_run(struct work *work, struct fa_session *session, enum fa_end *ret_end,
                     int *ret_status, struct fa_error *err)
{
    const struct fa_options *options = work->options;
    const struct fa_config *config = &options->config;
    unsigned jobs = config->jobs ? config->jobs : fa_mode_jobs(config->mode);
    work->setup.per_host = config_least_per_host(config, jobs);
    const struct fa_feeder_setup setup = {
        .ops = &fa_queue_redis,
        .queue = work->setup,
        .session = session,
        .jobs = jobs,
        .wait = options->queue.wait,
        .text = result_text,
        .alive = on_alive,
        .stopping = is_stopping,
        .ctx = work,
    };
    struct fa_error local = {0};
    *ret_status = FA_EXIT_USAGE;
    if (!work->opened && fa_observer_open(&work->observer, err) != 0) {
        *ret_status = FA_EXIT_LOCAL;
        return false;
    }
    work->opened = true;
    work->feeder = fa_feeder_new(&setup, err);
    if (!work->feeder)
        return false;
    bool bar = work->observer.display.mode == FA_PROGRESS_BAR;
    fa_signals_arm(session, bar ? FA_DISPLAY_CLEAR : NULL);
    if (fa_session_run(session, ret_end, &local) != 0) {
        local.class = FA_CLASS_LOCAL_IO;
        fa_observer_stop(&work->observer, &local, true);
    }
    enum fa_feeder_end how = fa_feeder_finish(work->feeder, err);
    fa_signals_disarm();
    *ret_status = how == FA_FEEDER_FAILED ? fa_queue_exit(err) : FA_EXIT_OK;
    return how == FA_FEEDER_LOST && *ret_end == FA_END_STOPPED && !fa_signals_caught();
}

/* Sessions, until the queue is empty or something ends the work. */
static int work_sessions(struct work *work, enum fa_end *ret_end, struct fa_error *err)
{
    int status = FA_EXIT_OK;
    bool more = true;
    while (more) {
        struct fa_session *session = fa_session_new(&work->options->config, on_event, work, err);
        if (!session)
            return (int)fa_exit_of(err);
        more = work_run(work, session, ret_end, &status, err);
        fa_feeder_free(work->feeder);
        work->feeder = NULL;
        fa_session_free(session);
        work->setup.patient = true;
    }
    return status;
}

int fa_work_command(const struct fa_options *options)
{
    struct work work = {.options = options};
    struct fa_queue_secrets secrets;
    struct fa_error err = {0};
    enum fa_end end = FA_END_COMPLETE;
    if (options->config.insecure && !options->quiet)
        fputs("fetchall: --insecure: certificates are not verified\n", stderr);
    if (fa_queue_setup(options, &secrets, &work.setup, &err) != 0) {
        fa_term_error(&err);
        return FA_EXIT_USAGE;
    }
    work.setup.notice = on_notice;
    work.setup.ctx = &work;
    fa_signals_ignore();
    fa_observer_init(&work.observer, options);
    int status = work_sessions(&work, &end, &err);
    if (status != FA_EXIT_OK)
        fa_observer_stop(&work.observer, &err, false);
    if (work.opened)
        fa_observer_finish(&work.observer, end);
    if (status == FA_EXIT_OK)
        status = (int)fa_exit_status(&work.observer.exit);
    fa_observer_fini(&work.observer);
    explicit_bzero(&secrets, sizeof(secrets));
    return status;
}
