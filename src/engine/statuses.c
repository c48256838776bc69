/*
 * One row for each status, so that a new status needs no change elsewhere: the names are part of
 * the report (see REPORT in the manual), the words are for people, and `recorded` says what the
 * state keeps of an entry that ended like that.
 */
#include "engine/statuses.h"

#include <assert.h>
#include <stddef.h>

/* The properties of a status. */
struct status {
    const char *name;
    const char *words;
    bool has_file;
    bool is_failure;
    enum fa_recorded recorded;
};

static const struct status statuses[] = {
    [FA_STATUS_OK] = {"ok", "ok", .has_file = true, .recorded = FA_RECORDED_DONE},
    [FA_STATUS_UNCHANGED] = {"unchanged", "unchanged", .has_file = true,
                             .recorded = FA_RECORDED_DONE},
    [FA_STATUS_EXISTS] = {"exists", "there already", .has_file = true,
                          .recorded = FA_RECORDED_IF_NEW},
    [FA_STATUS_DUPLICATE] = {.name = "duplicate",
                             .words = "duplicate",
                             .recorded = FA_RECORDED_IF_HASHED},
    [FA_STATUS_FAILED] = {"failed", "failed", .is_failure = true, .recorded = FA_RECORDED_FAILED},
    [FA_STATUS_PLANNED] = {.name = "planned", .words = "to fetch"},
};
static_assert(sizeof(statuses) / sizeof(*statuses) == FA_STATUSES, "each status has a row");

/* A status of a later version of the library counts as a failure. */
static const struct status *status_row(enum fa_status status)
{
    return &statuses[(unsigned)status < FA_STATUSES ? status : FA_STATUS_FAILED];
}

const char *fa_status_name(enum fa_status status)
{
    return status_row(status)->name;
}

const char *fa_status_words(enum fa_status status)
{
    return status_row(status)->words;
}

bool fa_status_has_file(enum fa_status status)
{
    return status_row(status)->has_file;
}

bool fa_status_is_failure(enum fa_status status)
{
    return status_row(status)->is_failure;
}

enum fa_recorded fa_status_recorded(enum fa_status status)
{
    return status_row(status)->recorded;
}
