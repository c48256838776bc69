/**
 * The table of entry statuses.  To add one: its enumerator in fetchall/event.h, and its row in
 * statuses.c.  What a status means is asked here, and not by a list of enumerators.
 */
#ifndef FA_ENGINE_STATUSES_H
#define FA_ENGINE_STATUSES_H

#include <fetchall/event.h>

/** What the state keeps of an entry that ended. */
enum fa_recorded {
    FA_RECORDED_NOT,
    FA_RECORDED_DONE,   /**< Its file. */
    FA_RECORDED_IF_NEW, /**< Its file, unless the state knows as much already. */
    FA_RECORDED_FAILED, /**< Why it failed, and the entry for another attempt. */
};

enum fa_recorded fa_status_recorded(enum fa_status status);

#endif
