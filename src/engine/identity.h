/**
 * Whether an entry is that of an earlier run although its URL is not the same.  Pure.
 *
 * A signed URL has new parameters every day, for the same file.  The identity of such a URL is what
 * remains without the parameters that sign it, limit its validity, or only change header fields of
 * the answer.  Which these are depends on the scheme of the signature (transfer/signature.h); all
 * others count, versionId among them.
 */
#ifndef FA_ENGINE_IDENTITY_H
#define FA_ENGINE_IDENTITY_H

#include "list/entry.h"

#include <fetchall/config.h>

/** How an entry is related to a record of another URL that has its name. */
enum fa_kin {
    FA_KIN_NONE, /**< Not at all: the name is taken. */
    FA_KIN_URL,  /**< The same file; its URL differs only in the query. */
    FA_KIN_NAME, /**< The user says that the name decides: what the server says about one URL is not
                      valid for the other. */
};

/** Whether the query of a URL signs it, or lets it expire. */
bool fa_identity_is_signed(const char *url);

/** Hash of a URL without what signs it, or without its query (FA_MATCH_PATH); equal for all
 * signatures of a file. */
uint64_t fa_identity_key(const char *url, enum fa_match match);

/** Whether two URLs of one entry are of the same file: that of the list, and a new one. */
bool fa_identity_is_same(enum fa_match match, const char *listed, const char *renewed);

/** @recorded  The first URL of the other entry, as the state has it: redacted. */
enum fa_kin fa_identity_kin(enum fa_match match, const struct fa_entry *entry,
                            const char *recorded);

/**
 * Whether the state has two files that may be that of an entry, so that it gets neither of them.
 *
 * @alternative  How the entry is related to the owner of its first alternative name.
 */
bool fa_identity_is_ambiguous(enum fa_match match, enum fa_kin alternative);

/**
 * The hash in an alternative name of an entry's file.  The first alternative is the same for every
 * signature of a URL.
 *
 * @key    Of the URL, with its range.
 * @range  NULL: the entry is a whole file.
 * @n      Of the alternative, from 0.
 */
uint32_t fa_identity_name_hash(const char *url, uint64_t key, const char *range,
                               enum fa_match match, unsigned n);

#endif
