/**
 * What the entries of a list are like, as far as it decides what is compared.
 */
#ifndef FETCHALL_CLI_COMPARE_LISTING_H
#define FETCHALL_CLI_COMPARE_LISTING_H

#include <stdbool.h>

#include <fetchall/config.h>
#include <fetchall/error.h>

struct fa_listing {
    bool https; /**< A URL begins with https://. */
    bool local; /**< All hosts are this machine, by their names or addresses (loopback). */
};

/**
 * Read a list.  Only the first URL of each entry counts; bad lines are skipped.
 *
 * @config  As for fa_entries_read().
 * @return  0, or -1: it cannot be read.
 */
int fa_listing_read(const struct fa_config *config, const char *list, struct fa_listing *ret,
                    struct fa_error *err);

#endif
