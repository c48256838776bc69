#include "cli/summary.h"

#include "cli/units.h"

/* How many groups and origins are shown, unless all are asked for. */
#define GROUPS_SHOWN 10
#define PAUSES_SHOWN 5

void fa_summary_count(struct fa_summary *summary, const struct fa_result *result)
{
    ++summary->ended[result->status];
    summary->bytes += result->bytes;
    summary->resumed += result->resumed;
    if (result->status != FA_STATUS_FAILED)
        return;
    summary->may_pass += result->may_pass != 0;
    fa_failures_add(&summary->failures, result);
}

bool fa_summary_failed(const struct fa_summary *summary)
{
    return summary->ended[FA_STATUS_FAILED] > 0;
}

static void put_counts(const struct fa_summary *summary, bool plan, FILE *out)
{
    static const struct {
        enum fa_status status;
        bool always;
        const char *words, *plan_words;
    } rows[] = {
        {FA_STATUS_OK, true, "ok", "ok"},
        {FA_STATUS_UNCHANGED, false, "unchanged", "unchanged"},
        {FA_STATUS_EXISTS, false, "there already", "there already"},
        {FA_STATUS_DUPLICATE, false, "duplicate", "duplicate"},
        {FA_STATUS_PLANNED, false, "planned", "to fetch"},
        {FA_STATUS_FAILED, true, "failed", "bad"},
    };
    const char *glue = "";
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        uint64_t count = summary->ended[rows[i].status];
        bool always = plan ? rows[i].status == FA_STATUS_PLANNED : rows[i].always;
        if (count == 0 && !always)
            continue;
        fprintf(out, "%s%llu %s", glue, (unsigned long long)count,
                plan ? rows[i].plan_words : rows[i].words);
        glue = ", ";
    }
}

void fa_summary_print(struct fa_summary *summary, double seconds, bool plan, bool all, FILE *out)
{
    char bytes[FA_UNITS_MAX], speed[FA_UNITS_MAX], time[FA_UNITS_MAX];
    fprintf(out, "fetchall: %s", plan ? "plan: " : "");
    put_counts(summary, plan, out);
    if (!plan) {
        fa_units_bytes((double)summary->bytes, bytes);
        fa_units_bytes(seconds > 0 ? (double)summary->bytes / seconds : 0, speed);
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

    fa_failures_print(&summary->failures, all ? FA_FAILURES_GROUPS : GROUPS_SHOWN, out);
    if (summary->may_pass)
        fprintf(out, "fetchall: %llu of the failures may pass: run it again later\n",
                (unsigned long long)summary->may_pass);
    fa_pauses_print(&summary->pauses, all ? FA_PAUSES_ORIGINS : PAUSES_SHOWN, out);
}

void fa_summary_fini(struct fa_summary *summary)
{
    fa_failures_fini(&summary->failures);
    fa_pauses_fini(&summary->pauses);
}
