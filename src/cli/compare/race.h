/**
 * The schedule of --tune: which setting runs next, on how many entries, and which fall out.  Pure.
 *
 * Times are in seconds; NAN is not measured.
 */
#ifndef FETCHALL_CLI_COMPARE_RACE_H
#define FETCHALL_CLI_COMPARE_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/compare/trial.h"

#define FA_RACE_ROUNDS       3
#define FA_RACE_ENTRANTS_MAX 160
#define FA_RACE_FINALISTS    2
/** No entrant. */
#define FA_RACE_NONE ((size_t)-1)

/** What became of an entrant. */
enum fa_race_fate {
    FA_RACE_IN,      /**< Still racing; at the end: not tried, as nothing suggested it. */
    FA_RACE_FINAL,   /**< A finalist. */
    FA_RACE_SLOWER,  /**< Others were faster. */
    FA_RACE_NO_GAIN, /**< Not tried: fewer transfers at once were as fast. */
    FA_RACE_REFUSED, /**< It was refused (429, 503) more often than others. */
    FA_RACE_ABOVE,   /**< Not tried: fewer transfers at once were refused. */
    FA_RACE_FAILED,  /**< More entries failed than with others. */
    FA_RACE_UNUSED,  /**< HTTP/2 was requested, and no answer used it. */
    FA_RACE_FATES,
};

/** One run. */
struct fa_race_run {
    double seconds;
    uint64_t refusals; /**< Responses 429 and 503. */
    uint64_t failed;   /**< Failed entries. */
    bool unused;       /**< See FA_RACE_UNUSED. */
};

/** A setting. */
struct fa_race_entrant {
    char name[FA_CONTESTANT_NAME_MAX];
    unsigned group;   /**< Entrants of a group differ in slots and variant only. */
    unsigned slots;   /**< Transfers at once; 0: it finds the number itself. */
    unsigned variant; /**< Which of the other options it has; 0: none.  Variants are tried with the
                           best slots and with the defaults only. */
    struct fa_race_run runs[FA_RACE_ROUNDS];
    enum fa_race_fate fate;
    unsigned fell; /**< The round after which it fell out. */
};

struct fa_race {
    struct fa_race_entrant entrants[FA_RACE_ENTRANTS_MAX]; /**< The first one has the defaults.
                                                                Within a group slots rise. */
    size_t n;
    uint64_t samples[FA_RACE_ROUNDS]; /**< Entries of each run. */
    unsigned round;                   /**< FA_RACE_ROUNDS: it has ended. */
    uint64_t entries;                 /**< Of the final. */
    uint64_t requests, bytes;         /**< Cost of the race without the final. */
    uint64_t refusals;
};

/** Add an entrant; ignored if there are too many. */
void fa_race_add(struct fa_race *race, const char *name, unsigned group, unsigned slots,
                 unsigned variant);

/** Start, after the last entrant was added.  @entries  Of the final. */
void fa_race_begin(struct fa_race *race, uint64_t entries);

/** The next one to run on samples[round]; FA_RACE_NONE: the race has ended. */
size_t fa_race_next(struct fa_race *race);

/** Record the run of the entrant that was the next. */
void fa_race_record(struct fa_race *race, size_t who, const struct fa_race_run *run);

/** End the race early, by what is known. */
void fa_race_stop(struct fa_race *race);

/** The defaults, unless they were refused, and the fastest other one; or the two fastest.
 * @return their number */
size_t fa_race_finalists(struct fa_race *race, size_t ret[FA_RACE_FINALISTS]);

/** The requests of a comparison of all entrants: a warm-up and two rounds. */
uint64_t fa_race_grid(const struct fa_race *race);

/** "slower", "refused", ...; NULL: no such fate. */
const char *fa_race_fate_name(unsigned fate);

#endif
