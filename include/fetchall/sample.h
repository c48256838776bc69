/**
 * A sample of some lists: a shorter list with entries from all of their hosts.
 */
#ifndef FETCHALL_SAMPLE_H
#define FETCHALL_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include <fetchall/api.h>
#include <fetchall/error.h>

FA_API_BEGIN

/** A line that is no entry. */
struct fa_sample_bad {
    size_t list;           /**< Index of its list. */
    uint64_t line;         /**< From 1. */
    struct fa_error error; /**< Why. */
};

/** What was found and what was taken. */
struct fa_sample {
    size_t size;      /**< Set by the caller: sizeof(struct fa_sample). */
    uint64_t entries; /**< Of the lists, without the bad ones. */
    uint64_t bad;     /**< Lines that are no entry; none of them is taken. */
    uint64_t origins; /**< Different scheme, host and port, by the first URL of each entry. */
    uint64_t taken;   /**< Entries of the sample. */
    uint64_t taken_origins;
    struct fa_sample_bad first_bad; /**< If there is any. */
};

/**
 * Write a list that holds entries of others, with their options, in their order.
 *
 * Each origin gives as many entries as any other, as far as it has them, and those of one origin
 * stand evenly spaced.  The same lists give the same sample.  The lists are read twice, so standard
 * input and pipes are first copied to a file without a name, beside the new list.  Memory grows
 * with the number of origins, not with the length of the lists.
 *
 * @lists As for fa_session_add_list().
 * @most  Entries to take, at most.
 * @file  The new list; replaced if it is there.  Its mode is 0600, as entries may hold passwords.
 * @return 0, or -1: a list cannot be read (FA_CLASS_BAD_URL), or the new one cannot be written
 *         (FA_CLASS_LOCAL_IO).  Waiting for a pipe may be interrupted by a signal (EINTR) whose
 *         handler was installed without SA_RESTART.
 */
int fa_sample_write(const char *const *lists, size_t n_lists, uint64_t most, const char *file,
                    struct fa_sample *ret, struct fa_error *err);

FA_API_END

#endif
