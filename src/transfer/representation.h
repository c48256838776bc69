/**
 * The representation that a response carries (RFC 9110, 3.2 and 8): validator, content coding and
 * length.  Bytes of two responses may be combined only if all three agree.
 *
 * Pure functions on values.
 */
#ifndef FA_TRANSFER_REPRESENTATION_H
#define FA_TRANSFER_REPRESENTATION_H

#include "transfer/validator.h"

#include <fetchall/event.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Size of a buffer for the names of content codings, with the final zero. */
#define FA_CODING_MAX 40

struct fa_representation {
    struct fa_validator validator;
    char coding[FA_CODING_MAX]; /**< Content-Encoding in lower case, without spaces; "": none. */
    int64_t total;              /**< Declared size of the whole representation; -1: unknown. */
    struct fa_digest digest;    /**< Declared of it; hash 0: none.  See http_digest.h. */
};

/** An unknown representation. */
extern const struct fa_representation fa_representation_none;

/**
 * Append the codings of a Content-Encoding field to those of previous fields; "identity" is
 * skipped.
 *
 * @return -1 if the field is malformed or does not fit.
 */
int fa_coding_append(char coding[FA_CODING_MAX], const char *value, size_t len);

/** Whether the text has the form that fa_coding_append() produces. */
bool fa_coding_is_good(const char *coding);

enum fa_likeness {
    FA_LIKENESS_NONE, /**< They may be different versions, or are coded differently. */
    FA_LIKENESS_SAME,
    FA_LIKENESS_DISPUTED, /**< Validator and coding agree, but the lengths differ. */
};

/** Compare an earlier response with a later one.  Only a strong validator proves equality. */
enum fa_likeness fa_representation_compare(const struct fa_representation *known,
                                           const struct fa_representation *later);

#endif
