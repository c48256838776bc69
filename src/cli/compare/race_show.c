/*
 * Settings that ran are listed in the order of their fall, the finalists first.  Those that were
 * not tried are only counted: they can be many, and nothing is known of them.
 */
#include "cli/compare/race_show.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare/markup.h"
#include "cli/compare/page_tables.h"
#include "cli/term.h"
#include "cli/units.h"

/* Columns of a time and of a sample. */
#define COLUMN 14

/* What became of an entrant, for people. */
static const char *const words[FA_RACE_FATES] = {
    [FA_RACE_IN] = "not tried",
    [FA_RACE_FINAL] = "in the final",
    [FA_RACE_SLOWER] = "slower",
    [FA_RACE_NO_GAIN] = "not tried: fewer at once are as fast",
    [FA_RACE_REFUSED] = "refused (429, 503)",
    [FA_RACE_ABOVE] = "not tried: fewer at once were refused",
    [FA_RACE_FAILED] = "failed more",
    [FA_RACE_UNUSED] = "no answer came over HTTP/2",
};

static bool entrant_ran(const struct fa_race_entrant *entrant)
{
    bool ran = false;
    for (unsigned round = 0; round < FA_RACE_ROUNDS; ++round)
        ran |= isfinite(entrant->runs[round].seconds) != 0;
    return ran;
}

/* One that ran, and waited for a variant or the end of the race. */
const char *fa_race_show_word(const struct fa_race_entrant *entrant)
{
    return entrant->fate == FA_RACE_IN || entrant->fate == FA_RACE_NO_GAIN ||
                   entrant->fate == FA_RACE_ABOVE
               ? "slower"
               : words[entrant->fate];
}

/* The last time of an entrant: of the largest sample. */
static double entrant_last(const struct fa_race_entrant *entrant, unsigned *ret_round)
{
    for (unsigned round = FA_RACE_ROUNDS; round > 0; --round)
        if (isfinite(entrant->runs[round - 1].seconds)) {
            *ret_round = round;
            return entrant->runs[round - 1].seconds;
        }
    return NAN;
}

/* Whether a is listed before b. */
static bool entrant_is_before(const struct fa_race_entrant *a, const struct fa_race_entrant *b)
{
    unsigned round_a = 0, round_b = 0;
    double x = entrant_last(a, &round_a), y = entrant_last(b, &round_b);
    if ((a->fate == FA_RACE_FINAL) != (b->fate == FA_RACE_FINAL))
        return a->fate == FA_RACE_FINAL;
    return round_a != round_b ? round_a > round_b : x < y;
}

size_t fa_race_show_order(const struct fa_race *race, size_t order[FA_RACE_ENTRANTS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < race->n; ++i) {
        size_t at = n;
        if (!entrant_ran(&race->entrants[i]))
            continue;
        for (; at > 0 && entrant_is_before(&race->entrants[i], &race->entrants[order[at - 1]]);
             --at)
            order[at] = order[at - 1];
        order[at] = i;
        ++n;
    }
    return n;
}

static size_t race_count_untried(const struct fa_race *race, enum fa_race_fate fate)
{
    size_t n = 0;
    for (size_t i = 0; i < race->n; ++i)
        n += !entrant_ran(&race->entrants[i]) && race->entrants[i].fate == fate;
    return n;
}

/* "not tried: 12; ..., 5": empty if all ran. */
static void race_put_untried(FILE *out, const struct fa_race *race, const char *before,
                             const char *after)
{
    static const enum fa_race_fate fates[] = {FA_RACE_NO_GAIN, FA_RACE_ABOVE, FA_RACE_IN};
    for (size_t i = 0; i < sizeof(fates) / sizeof(*fates); ++i) {
        size_t n = race_count_untried(race, fates[i]);
        if (n > 0)
            fprintf(out, "%s%zu %s%s", before, n, words[fates[i]], after);
    }
}

/* Rounds in which one ran: there may be no play-off. */
static unsigned race_count_rounds(const struct fa_race *race)
{
    unsigned rounds = 1;
    for (size_t i = 0; i < race->n; ++i)
        for (unsigned round = rounds; round < FA_RACE_ROUNDS; ++round)
            if (isfinite(race->entrants[i].runs[round].seconds))
                rounds = round + 1;
    return rounds;
}

void fa_race_show_text(FILE *out, const struct fa_race *race)
{
    size_t order[FA_RACE_ENTRANTS_MAX], n = fa_race_show_order(race, order);
    unsigned rounds = race_count_rounds(race);
    char text[COLUMN + 1];
    fputs("\nThe race, with times for ", out);
    for (unsigned round = 0; round < rounds; ++round)
        fprintf(out, "%s%llu",
                round == 0           ? ""
                : round + 1 < rounds ? ", "
                                     : " and ",
                (unsigned long long)race->samples[round]);
    fputs(" entries:\n", out);
    for (size_t i = 0; i < n; ++i) {
        const struct fa_race_entrant *one = &race->entrants[order[i]];
        fputs("  ", out);
        for (unsigned round = 0; round < rounds; ++round) {
            snprintf(text, sizeof(text), "%.3g s", one->runs[round].seconds);
            fprintf(out, "%10s", isfinite(one->runs[round].seconds) ? text : "-");
        }
        fputs("  ", out);
        fa_term_put(out, one->name);
        fprintf(out, ": %s\n", fa_race_show_word(one));
    }
    race_put_untried(out, race, "  ", "\n");
}

void fa_race_show_page(FILE *out, const struct fa_race *race)
{
    size_t order[FA_RACE_ENTRANTS_MAX], n = fa_race_show_order(race, order);
    unsigned rounds = race_count_rounds(race);
    char text[FA_MARKUP_MAX];
    fputs("<p class=\"note\">Settings ran on growing samples of the "
          "list; the finalists were then compared on all of it.</p>\n"
          "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Race\">\n<table>\n"
          "<caption>Race</caption>\n<thead><tr><th scope=\"col\">Setting</th>",
          out);
    for (unsigned round = 0; round < rounds; ++round)
        fprintf(out, "<th scope=\"col\">%s entries</th>",
                fa_markup_count((double)race->samples[round], text));
    fputs("<th scope=\"col\">Refusals</th><th scope=\"col\">What became of it</th></tr></thead>\n"
          "<tbody>\n",
          out);
    for (size_t i = 0; i < n; ++i) {
        const struct fa_race_entrant *one = &race->entrants[order[i]];
        uint64_t refusals = 0;
        fprintf(out, "<tr%s><th scope=\"row\">",
                one->fate == FA_RACE_FINAL ? " class=\"best\"" : "");
        fa_page_tables_name(out, one->name);
        fputs("</th>", out);
        for (unsigned round = 0; round < rounds; ++round) {
            bool ran = isfinite(one->runs[round].seconds);
            fprintf(out, "<td>%s</td>",
                    ran ? fa_markup_seconds(one->runs[round].seconds, text) : "\xe2\x80\x93");
            refusals += ran ? one->runs[round].refusals : 0;
        }
        fprintf(out, "<td>%s</td><td>%s</td></tr>\n", fa_markup_count((double)refusals, text),
                fa_race_show_word(one));
    }
    fputs("</tbody>\n</table>\n</div>\n", out);
    race_put_untried(out, race, "<p class=\"note\">", "</p>\n");
}

const char *fa_race_show_cost(const struct fa_comparison *comparison, char buf[FA_RACE_COST_MAX])
{
    const struct fa_race *race = comparison->race;
    char size[FA_UNITS_MAX];
    uint64_t requests = race->requests + comparison->requests, refusals = race->refusals;
    uint64_t final = comparison->bytes * comparison->n_contestants * (comparison->rounds + 1);
    for (size_t i = 0; i < comparison->n_contestants; ++i)
        for (size_t j = 0; j < comparison->contestants[i].n_trials; ++j) {
            uint64_t more = comparison->contestants[i].trials[j].refusals;
            refusals += more == FA_UNMEASURED ? 0 : more;
        }
    snprintf(buf, FA_RACE_COST_MAX,
             "The servers got %llu requests, %llu of them for the race, for about %s, and refused "
             "%llu (429, 503).  To compare all %zu settings on %llu entries takes at least %llu "
             "requests.",
             (unsigned long long)requests, (unsigned long long)race->requests,
             fa_units_bytes((double)(race->bytes + final), size), (unsigned long long)refusals,
             race->n, (unsigned long long)race->entries, (unsigned long long)fa_race_grid(race));
    return buf;
}
