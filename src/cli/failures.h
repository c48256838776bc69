/**
 * Failures, grouped by class and origin, with one example each.
 *
 * Memory is bounded: what comes when all groups are taken is only counted.
 */
#ifndef FETCHALL_CLI_FAILURES_H
#define FETCHALL_CLI_FAILURES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <fetchall/event.h>

#define FA_FAILURES_GROUPS 200

struct fa_failure_group {
    enum fa_class class;
    char *origin; /**< Owned, as the texts below; NULL: a line that is no URL. */
    uint64_t count;
    char *list;
    uint64_t line;
    char *url;
    struct fa_error error; /**< Of the example. */
};

/** All zero: none. */
struct fa_failures {
    struct fa_failure_group groups[FA_FAILURES_GROUPS];
    size_t n_groups;
    uint64_t others; /**< Failures that found no group. */
};

/** Add an entry that failed. */
void fa_failures_add(struct fa_failures *failures, const struct fa_result *result);

/** Print the groups, the largest first, at most that many; sorts them. */
void fa_failures_print(struct fa_failures *failures, size_t most, FILE *out);

/** What may help against an error, or NULL. */
const char *fa_failures_hint(const struct fa_error *error);

void fa_failures_fini(struct fa_failures *failures);

#endif
