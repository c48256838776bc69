/**
 * A sample of some lists: a shorter list with entries from all of their hosts.
 */
#ifndef FETCHALL_SAMPLE_H
#define FETCHALL_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include <fetchall/api.h>
#include <fetchall/config.h>
#include <fetchall/error.h>

FA_API_BEGIN

/** A malformed line. */
struct fa_sample_bad {
    size_t list;           /**< Index of its list in the array. */
    uint64_t line;         /**< From 1. */
    struct fa_error error; /**< Why. */
};

/** What the lists contain, and what was taken. */
struct fa_sample {
    size_t size;      /**< Set by the caller: sizeof(struct fa_sample). */
    uint64_t entries; /**< Well-formed entries of the lists. */
    uint64_t bad;     /**< Malformed lines; none of them is taken. */
    uint64_t origins; /**< Different schemes, hosts and ports of the first URLs. */
    uint64_t taken;   /**< Entries in the sample. */
    uint64_t taken_origins;
    struct fa_sample_bad first_bad; /**< Only if bad is not 0. */
};

/**
 * Write a list of some entries of other lists, with their options, in their order.
 *
 * Each origin contributes the same number of entries, if it has as many, and they are evenly spaced
 * in the lists.  The same lists give the same sample.  The lists are read twice: standard input and
 * pipes are first copied to an unnamed file next to the new list.  Memory grows with the number of
 * origins, not with the length of the lists.
 *
 * Can be called from any thread; blocks until the list is written.
 *
 * @lists Names as for fa_session_add_list(), n_lists of them.
 * @most  The maximum number of entries to take.
 * @file  The new list, of mode 0600, as entries may contain passwords.  It replaces an existing
 *        file.
 * @ret   Filled in even on failure, unless its size is refused.
 * @return 0, or -1 if a list cannot be read (FA_CLASS_BAD_URL), or if the new one cannot be written
 *         (FA_CLASS_LOCAL_IO).  A signal whose handler was installed without SA_RESTART interrupts
 *         reading from a pipe (EINTR).
 */
int fa_sample_write(const char *const *lists, size_t n_lists, uint64_t most, const char *file,
                    struct fa_sample *ret, struct fa_error *err);

/** As fa_sample_write(), of lists that are read as a session of that config reads them: see
 * fa_config.format and the fields after it.  @config  NULL: the defaults. */
int fa_sample_write_config(const struct fa_config *config, const char *const *lists, size_t n_lists,
                           uint64_t most, const char *file, struct fa_sample *ret,
                           struct fa_error *err);

FA_API_END

#endif
