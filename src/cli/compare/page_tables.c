/*
 * The tables of the page.  They contain every number of the plots, for readers who cannot see
 * those, and for machines without gnuplot.
 *
 * Header cells have a scope, so that a screen reader can name the contestant and the measure of a
 * cell (WCAG 2.1, 1.3.1).
 */
#include "cli/compare/page_tables.h"

#include <math.h>
#include <string.h>

#include "cli/compare/chart.h"
#include "cli/compare/markup.h"

/* A wide table scrolls in a box of its own instead of the page; the box can be focused by
 * keyboard. */
static void page_table_begin(FILE *out, const char *caption, const char *const *columns)
{
    fprintf(out,
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n"
            "<table>\n<caption>%s</caption>\n<thead><tr>",
            caption, caption);
    for (; *columns; ++columns)
        fprintf(out, "<th scope=\"col\">%s</th>", *columns);
    fputs("</tr></thead>\n<tbody>\n", out);
}

static void page_table_end(FILE *out)
{
    fputs("</tbody>\n</table>\n</div>\n", out);
}

/* A dash is easier to skip than words; the abbr element still says what it means. */
static void page_table_put_cell(FILE *out, const char *text)
{
    if (strcmp(text, "not measured") == 0)
        fputs("<td><abbr title=\"not measured\">\xe2\x80\x93</abbr></td>", out);
    else
        fprintf(out, "<td>%s</td>", text);
}

static const char *page_table_rank_text(const struct fa_view *view, size_t i)
{
    enum fa_rank rank = view->verdict->standings[i].rank;
    if (view->comparison->contestants[i].wrong[0])
        return "wrong";
    if (rank == FA_RANK_FAILING)
        return "failing";
    if (!view->verdict->concluded)
        return "";
    if (i == view->verdict->best)
        return "to use";
    return rank == FA_RANK_EQUAL ? "equal" : rank == FA_RANK_SLOWER ? "slower" : "";
}

void fa_page_tables_name(FILE *out, const char *name)
{
    char option[FA_CONTESTANT_NAME_MAX];
    while (*name) {
        const char *end = strstr(name + 1, " -");
        size_t len = end ? (size_t)(end - name) : strlen(name);
        snprintf(option, sizeof(option), "%.*s", (int)len, name);
        fputs("<span>", out);
        fa_markup_text(out, option);
        fputs(end ? "</span> " : "</span>", out);
        name += len + (end != NULL);
    }
}

static void page_table_begin_row(FILE *out, const struct fa_view *view, size_t i)
{
    const char *rank = page_table_rank_text(view, i);
    /* The swatch connects the row with its colour in the plots. */
    fprintf(out, "<tr%s><th scope=\"row\"><span class=\"swatch c%u\"></span>",
            strcmp(rank, "to use") == 0 ? " class=\"best\"" : "", fa_chart_color(i));
    fa_page_tables_name(out, view->comparison->contestants[i].name);
    fputs("</th>", out);
}

void fa_page_tables_speed(FILE *out, const struct fa_view *view)
{
    static const char *const columns[] = {"Contestant",
                                          "Verdict",
                                          "Wall time (95 % interval)",
                                          "Ratio (95 % interval)",
                                          "Files/s",
                                          "Bytes/s",
                                          "Failed",
                                          NULL};
    char buf[FA_MARKUP_MAX];
    page_table_begin(out, "Speed", columns);
    for (size_t row = 0; row < view->count; ++row) {
        size_t i = view->order[row];
        const struct fa_standing_of *standing = &view->verdict->standings[i];
        page_table_begin_row(out, view, i);
        page_table_put_cell(out, page_table_rank_text(view, i));
        page_table_put_cell(out, fa_markup_estimate(&standing->wall, buf));
        page_table_put_cell(out, fa_markup_ratio(&standing->ratio, buf));
        page_table_put_cell(out, fa_markup_number(standing->files_per_second, buf));
        page_table_put_cell(out, fa_markup_rate(standing->bytes_per_second, buf));
        page_table_put_cell(out, fa_markup_share(standing->failed, buf));
        fputs("</tr>\n", out);
    }
    page_table_end(out);
}

static double trial_seconds(const struct fa_trial *trial, bool system)
{
    return !trial ? NAN : system ? trial->system : trial->user;
}

void fa_page_tables_cost(FILE *out, const struct fa_view *view)
{
    static const char *const columns[] = {"Contestant",
                                          "CPU (95 % interval)",
                                          "User",
                                          "System",
                                          "Peak memory",
                                          "Threads",
                                          "Processes",
                                          "Context switches",
                                          "System calls",
                                          "Requests",
                                          "Refused (429, 503)",
                                          "From caches",
                                          "Segments sent again",
                                          "Segments out of order",
                                          NULL};
    char buf[FA_MARKUP_MAX];
    page_table_begin(out, "Cost", columns);
    for (size_t row = 0; row < view->count; ++row) {
        size_t i = view->order[row];
        const struct fa_standing_of *standing = &view->verdict->standings[i];
        /* User and system are from one trial, as in the plot: medians of each would not add up. */
        const struct fa_trial *trial =
            fa_view_typical(&view->comparison->contestants[i], fa_view_cpu);
        page_table_begin_row(out, view, i);
        page_table_put_cell(out, fa_markup_estimate(&standing->cpu, buf));
        page_table_put_cell(out, fa_markup_seconds(trial_seconds(trial, false), buf));
        page_table_put_cell(out, fa_markup_seconds(trial_seconds(trial, true), buf));
        page_table_put_cell(out, fa_markup_bytes(standing->peak_pss, buf));
        page_table_put_cell(out, fa_markup_count(standing->peak_threads, buf));
        page_table_put_cell(out, fa_markup_count(standing->peak_processes, buf));
        page_table_put_cell(out, fa_markup_count(standing->switches, buf));
        page_table_put_cell(out, fa_markup_count(standing->calls, buf));
        page_table_put_cell(out, fa_markup_count(standing->requests, buf));
        page_table_put_cell(out, fa_markup_number(standing->refusals, buf));
        page_table_put_cell(out, fa_markup_share(standing->cached, buf));
        page_table_put_cell(out, fa_markup_number(standing->retransmits, buf));
        page_table_put_cell(out, fa_markup_number(standing->reordered, buf));
        fputs("</tr>\n", out);
    }
    page_table_end(out);
}

bool fa_page_tables_has_latency(const struct fa_view *view)
{
    for (size_t i = 0; i < view->count; ++i) {
        const struct fa_standing_of *standing = &view->verdict->standings[i];
        if (isfinite(standing->ttfb.p50) || isfinite(standing->total.p50))
            return true;
    }
    return false;
}

static void page_table_put_latency(FILE *out, const struct fa_latency *latency)
{
    char buf[FA_MARKUP_MAX];
    page_table_put_cell(out, fa_markup_seconds(latency->p50, buf));
    page_table_put_cell(out, fa_markup_seconds(latency->p95, buf));
    page_table_put_cell(out, fa_markup_seconds(latency->p99, buf));
}

void fa_page_tables_latency(FILE *out, const struct fa_view *view)
{
    static const char *const columns[] = {"Contestant",     "First byte p50", "First byte p95",
                                          "First byte p99", "Whole p50",      "Whole p95",
                                          "Whole p99",      "Since due p50",  "Since due p95",
                                          "Since due p99",  "Round trip",     NULL};
    char buf[FA_MARKUP_MAX];
    page_table_begin(out, "Latency", columns);
    for (size_t row = 0; row < view->count; ++row) {
        const struct fa_standing_of *standing = &view->verdict->standings[view->order[row]];
        page_table_begin_row(out, view, view->order[row]);
        page_table_put_latency(out, &standing->ttfb);
        page_table_put_latency(out, &standing->total);
        page_table_put_latency(out, &standing->due);
        page_table_put_cell(out, fa_markup_seconds(standing->rtt, buf));
        fputs("</tr>\n", out);
    }
    page_table_end(out);
}

static bool view_class_happened(const struct fa_view *view, enum fa_class class)
{
    for (size_t i = 0; i < view->count; ++i)
        if (fa_view_failures(&view->comparison->contestants[i], class))
            return true;
    return false;
}

/* List the classes that occurred, one for each column. */
static size_t view_list_classes(const struct fa_view *view, enum fa_class classes[FA_CLASSES])
{
    size_t n = 0;
    for (unsigned class = FA_CLASS_NONE + 1; class < FA_CLASSES; ++class)
        if (view_class_happened(view, (enum fa_class) class))
            classes[n++] = (enum fa_class) class;
    return n;
}

void fa_page_tables_failures(FILE *out, const struct fa_view *view)
{
    enum fa_class classes[FA_CLASSES];
    const char *columns[FA_CLASSES + 3] = {"Contestant", "All"};
    char buf[FA_MARKUP_MAX];
    size_t n = view_list_classes(view, classes);
    if (!n && !view_class_happened(view, FA_CLASS_NONE)) {
        fputs("<p>Nothing failed.</p>\n", out);
        return;
    }
    for (size_t c = 0; c < n; ++c)
        columns[c + 2] = fa_class_name(classes[c]);
    page_table_begin(out, "Failed entries by class, all rounds together", columns);
    for (size_t row = 0; row < view->count; ++row) {
        const struct fa_contestant *contestant = &view->comparison->contestants[view->order[row]];
        page_table_begin_row(out, view, view->order[row]);
        page_table_put_cell(
            out, fa_markup_count((double)fa_view_failures(contestant, FA_CLASS_NONE), buf));
        for (size_t c = 0; c < n; ++c)
            page_table_put_cell(
                out, fa_markup_count((double)fa_view_failures(contestant, classes[c]), buf));
        fputs("</tr>\n", out);
    }
    page_table_end(out);
}

static double count_or_nan(uint64_t count)
{
    return count == FA_UNMEASURED ? NAN : (double)count;
}

static void page_table_put_trial(FILE *out, const struct fa_trial *trial)
{
    char buf[FA_MARKUP_MAX];
    fprintf(out, "<td>%u</td><td>%u</td>", trial->round + 1, trial->place + 1);
    page_table_put_cell(out, fa_markup_seconds(trial->wall, buf));
    page_table_put_cell(out, fa_markup_seconds(trial->user, buf));
    page_table_put_cell(out, fa_markup_seconds(trial->system, buf));
    page_table_put_cell(out, fa_markup_bytes(count_or_nan(trial->peak_pss), buf));
    page_table_put_cell(out, fa_markup_bytes(count_or_nan(trial->bytes), buf));
    page_table_put_cell(out, fa_markup_count(count_or_nan(trial->entries), buf));
    page_table_put_cell(out, fa_markup_count(count_or_nan(trial->failed), buf));
    fprintf(out, "<td>%d</td>", trial->status);
}

void fa_page_tables_trials(FILE *out, const struct fa_view *view)
{
    static const char *const columns[] = {"Contestant", "Round",  "Turn",        "Wall time",
                                          "User",       "System", "Peak memory", "Bytes",
                                          "Entries",    "Failed", "Exit status", NULL};
    page_table_begin(out, "All trials", columns);
    for (size_t row = 0; row < view->count; ++row) {
        size_t i = view->order[row];
        const struct fa_contestant *contestant = &view->comparison->contestants[i];
        for (size_t j = 0; j < contestant->n_trials; ++j) {
            page_table_begin_row(out, view, i);
            page_table_put_trial(out, &contestant->trials[j]);
            fputs("</tr>\n", out);
        }
    }
    page_table_end(out);
}
