/**
 * The race of --tune, as text and in the page.
 */
#ifndef FETCHALL_CLI_COMPARE_RACE_SHOW_H
#define FETCHALL_CLI_COMPARE_RACE_SHOW_H

#include <stdio.h>

#include "cli/compare/race.h"

/** Print the times of all settings that ran, and how many were not tried. */
void fa_race_show_text(FILE *out, const struct fa_race *race);

/** Indices of the settings that ran, those that went furthest and were fastest first.
 * @return their number */
size_t fa_race_show_order(const struct fa_race *race, size_t order[FA_RACE_ENTRANTS_MAX]);

/** What became of a setting that ran: "in the final". */
const char *fa_race_show_word(const struct fa_race_entrant *entrant);

/** Write the same as a table of HTML. */
void fa_race_show_page(FILE *out, const struct fa_race *race);

#define FA_RACE_COST_MAX 360

/** What the servers were asked by the race and the comparison after it: sentences. */
const char *fa_race_show_cost(const struct fa_comparison *comparison, char buf[FA_RACE_COST_MAX]);

#endif
