/**
 * A full disk: nothing new is started, parts are kept, and the run continues once there is space.
 * Reported once, however many transfers it hits.  Pure.
 *
 * Space that is used up again before any entry could end is not a new pause: nothing is reported,
 * and the wait goes on.  So a disk that only seems to have space cannot hold a run for ever.
 */
#ifndef FA_ENGINE_PAUSE_H
#define FA_ENGINE_PAUSE_H

#include <fetchall/error.h>

#include <stdbool.h>
#include <stdint.h>

/** Seconds between two checks for space. */
#define FA_PAUSE_CHECK 1.0
/** Seconds without a pause after which the next one is new. */
#define FA_PAUSE_HELD 10.0

struct fa_pause {
    double patience; /**< Seconds to wait for space; 0: a full disk is an error at once. */
    bool full;       /**< The run is paused. */
    bool reported;   /**< This pause was reported to the observer. */
    double since;
    double checked;
    double resumed;        /**< When the last pause ended; 0: no pause yet. */
    uint64_t need;         /**< Bytes that one of the waiting files needs. */
    uint64_t done;         /**< Entries that had ended when the pause began. */
    struct fa_error error; /**< The error that started the pause. */
};

enum fa_pause_change {
    FA_PAUSE_NONE,   /**< Not a full disk, or no patience: the error is a failure. */
    FA_PAUSE_SAME,   /**< The run is paused already, or again. */
    FA_PAUSE_BEGINS, /**< A new pause, to be reported. */
};

/**
 * An operation failed.
 *
 * @need  Bytes that the file still needs; 0: unknown.
 * @done  Entries that have ended so far.
 */
enum fa_pause_change fa_pause_begin(struct fa_pause *pause, const struct fa_error *error,
                                    uint64_t need, uint64_t done, double now);

/** When to check for space; infinite if not paused. */
double fa_pause_alarm(const struct fa_pause *pause);

enum fa_pause_verdict {
    FA_PAUSE_WAIT,
    FA_PAUSE_RESUME,
    FA_PAUSE_GIVE_UP, /**< pause->error ends the run. */
};

/** @space  Whether there was disk space at the check. */
enum fa_pause_verdict fa_pause_check(struct fa_pause *pause, bool space, double now);

#endif
