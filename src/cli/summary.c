/*
 * The last lines of a run: counts by status, size and speed, then the failures (failures.c) and
 * pauses (pauses.c).  Every entry is counted, also those whose own line was omitted.
 */
#include "cli/summary.h"

#include "cli/units.h"

/* Maximum number of groups and origins shown without --verbose. */
#define GROUPS_SHOWN 10
#define PAUSES_SHOWN 5

void fa_summary_count(struct fa_summary *summary, const struct fa_result *result)
{
    ++summary->ended[result->status];
    summary->bytes += result->bytes;
    summary->resumed += result->resumed;
    summary->unverified += result->unverified;
    if (!fa_status_is_failure(result->status))
        return;
    summary->transient += result->transient;
    fa_failures_add(&summary->failures, result);
}

/* A quiet run prints its summary only if this is true. */
bool fa_summary_failed(const struct fa_summary *summary)
{
    for (unsigned i = 0; i < FA_STATUSES; ++i)
        if (fa_status_is_failure((enum fa_status)i) && summary->ended[i] > 0)
            return true;
    return false;
}

/* Statuses whose count is printed even if it is 0: the user looks for them first. */
static bool status_is_always_shown(enum fa_status status, bool plan)
{
    if (plan)
        return status == FA_STATUS_PLANNED;
    return status == FA_STATUS_OK || fa_status_is_failure(status);
}

/* Called for the successes and then for the failures, so that failures come last. */
static void summary_put_counts(const struct fa_summary *summary, bool plan, bool failures,
                               const char **glue, FILE *out)
{
    for (unsigned i = 0; i < FA_STATUSES; ++i) {
        enum fa_status status = (enum fa_status)i;
        uint64_t ended = summary->ended[i];
        if (status == FA_STATUS_EXISTS)
            ended -= summary->unverified;
        bool shown = ended > 0 || status_is_always_shown(status, plan);
        if (!shown || fa_status_is_failure(status) != failures)
            continue;
        fprintf(out, "%s%llu %s", *glue, (unsigned long long)ended,
                plan && failures ? "bad" : fa_status_words(status));
        *glue = ", ";
    }
}

void fa_summary_print(struct fa_summary *summary, double seconds, bool plan, bool all, FILE *out)
{
    char bytes[FA_UNITS_MAX], speed[FA_UNITS_MAX], time[FA_UNITS_MAX];
    fprintf(out, "fetchall: %s", plan ? "plan: " : "");
    const char *glue = "";
    summary_put_counts(summary, plan, false, &glue, out);
    summary_put_counts(summary, plan, true, &glue, out);
    if (!plan) {
        fa_units_bytes((double)summary->bytes, bytes);
        fa_units_bytes(seconds > 0 ? (double)summary->bytes / seconds : 0, speed);
        /* A tenth of a second matters in a short run only. */
        if (seconds < 60)
            fprintf(out, "; %s in %.1f s (%s/s)", bytes, seconds, speed);
        else
            fprintf(out, "; %s in %s (%s/s)", bytes, fa_units_seconds(seconds, time), speed);
    }
    if (summary->resumed) {
        fa_units_bytes((double)summary->resumed, bytes);
        fprintf(out, ", %s resumed", bytes);
    }
    fputc('\n', out);
    if (summary->unverified)
        fprintf(out, "fetchall: %llu exist%s, not verified: --sync or verify\n",
                (unsigned long long)summary->unverified, summary->unverified == 1 ? "s" : "");

    fa_failures_print(&summary->failures, all ? FA_FAILURES_GROUPS : GROUPS_SHOWN, out);
    if (summary->transient)
        fprintf(out, "fetchall: %llu of the failures %s transient: run it again later\n",
                (unsigned long long)summary->transient, summary->transient == 1 ? "is" : "are");
    fa_pauses_print(&summary->pauses, all ? FA_PAUSES_ORIGINS : PAUSES_SHOWN, out);
}

void fa_summary_fini(struct fa_summary *summary)
{
    fa_failures_fini(&summary->failures);
    fa_pauses_fini(&summary->pauses);
}
