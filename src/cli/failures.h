/**
 * Failures, grouped by class and origin, with one example each.
 *
 * Memory is bounded: failures beyond the last group are only counted.
 */
#ifndef FETCHALL_CLI_FAILURES_H
#define FETCHALL_CLI_FAILURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <fetchall/config.h>
#include <fetchall/event.h>

#define FA_FAILURES_GROUPS 200

struct fa_failure_group {
    enum fa_class class;
    char *origin; /**< Owned, like the texts below; NULL: the line is not a URL. */
    uint64_t count;
    char *list;
    uint64_t line;
    char *url;
    struct fa_error error; /**< Of the example. */
};

/** What was given already, and therefore is not proposed. */
struct fa_hint_given {
    bool netrc;            /**< --netrc */
    bool refresh;          /**< --refresh */
    enum fa_family family; /**< -4 or -6 */
};

/** All zero: empty. */
struct fa_failures {
    struct fa_failure_group groups[FA_FAILURES_GROUPS];
    size_t n_groups;
    uint64_t others;   /**< Failures without a group. */
    const char *shown; /**< A hint that was printed before, or NULL. */
    struct fa_hint_given given;
};

/** Add a failed entry. */
void fa_failures_add(struct fa_failures *failures, const struct fa_result *result);

/** Sort the groups, and print the largest ones.  @most  Maximum number. */
void fa_failures_print(struct fa_failures *failures, size_t most, FILE *out);

/** A hint about what to do, or NULL. */
const char *fa_failures_hint(const struct fa_error *error, const struct fa_hint_given *given);

/** A hint about an error that ends a run, or prevents it; NULL if it is not about the disk.
 * @begun  Whether the run had begun. */
const char *fa_failures_disk_hint(const struct fa_error *error, bool begun);

void fa_failures_fini(struct fa_failures *failures);

#endif
