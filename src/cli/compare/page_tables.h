/**
 * The tables of the page of a comparison.
 */
#ifndef FETCHALL_CLI_COMPARE_PAGE_TABLES_H
#define FETCHALL_CLI_COMPARE_PAGE_TABLES_H

#include <stdio.h>

#include "cli/compare/view.h"

/** The name of a contestant: a line may break before an option, and nowhere else. */
void fa_page_tables_name(FILE *out, const char *name);

/** Time and throughput. */
void fa_page_tables_speed(FILE *out, const struct fa_view *view);

/** CPU, memory and processes. */
void fa_page_tables_cost(FILE *out, const struct fa_view *view);

/** TTFB and total; only if one of them was measured. */
bool fa_page_tables_has_latency(const struct fa_view *view);
void fa_page_tables_latency(FILE *out, const struct fa_view *view);

/** Failures by class; a sentence if there are none. */
void fa_page_tables_failures(FILE *out, const struct fa_view *view);

/** Every trial. */
void fa_page_tables_trials(FILE *out, const struct fa_view *view);

#endif
