/**
 * The table of entry statuses.  To add one, add its enumerator to fetchall/event.h and its row to
 * statuses.c.  Other code asks here what a status means, and lists no enumerators.
 */
#ifndef FA_ENGINE_STATUSES_H
#define FA_ENGINE_STATUSES_H

#include <fetchall/event.h>

/** What the state records about an entry that has ended. */
enum fa_recorded {
    FA_RECORDED_NOT,
    FA_RECORDED_DONE,      /**< Its file. */
    FA_RECORDED_IF_NEW,    /**< Its file, unless the state already has as much. */
    FA_RECORDED_IF_HASHED, /**< Its file, if that was hashed. */
    FA_RECORDED_FAILED,    /**< Its error, and the entry for another attempt. */
};

enum fa_recorded fa_status_recorded(enum fa_status status);

#endif
