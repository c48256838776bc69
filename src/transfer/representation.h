/**
 * What an answer says about the representation that it carries (RFC 9110, 3.2 and 8): validator,
 * content coding and length.  Bytes of two answers belong together only if all three agree.
 *
 * Pure functions on values.
 */
#ifndef FA_TRANSFER_REPRESENTATION_H
#define FA_TRANSFER_REPRESENTATION_H

#include "transfer/validator.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for the names of content codings, and a zero. */
#define FA_CODING_MAX 40

struct fa_representation {
    struct fa_validator validator;
    char coding[FA_CODING_MAX]; /**< Content-Encoding in lower case, without spaces; "": none. */
    int64_t total;              /**< Bytes of all of it, as declared; -1: unknown. */
};

/** One about which nothing is known. */
extern const struct fa_representation fa_representation_none;

/**
 * Append the codings of a Content-Encoding field to those of the fields before it; "identity" is
 * none.
 *
 * @return -1: it is malformed, or does not fit.
 */
int fa_coding_append(char coding[FA_CODING_MAX], const char *value, size_t len);

/** Whether it is what fa_coding_append() makes. */
bool fa_coding_is_good(const char *coding);

enum fa_likeness {
    FA_LIKENESS_NONE, /**< They may be of different versions, or are coded differently. */
    FA_LIKENESS_SAME,
    FA_LIKENESS_DISPUTED, /**< By validator and coding they are the same, and the lengths differ. */
};

/** Compare what is known of an earlier answer with a later one.  Only a strong validator counts. */
enum fa_likeness fa_representation_compare(const struct fa_representation *known,
                                           const struct fa_representation *later);

#endif
