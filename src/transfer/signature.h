/**
 * Schemes that sign URLs: a closed list, in signature.c.  Pure.
 *
 * A query is the text after "?", up to "#" or the end of the text.
 */
#ifndef FA_TRANSFER_SIGNATURE_H
#define FA_TRANSFER_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

struct fa_signature;

/** The scheme that signs a query, or lets it expire; NULL: none.  @query may be NULL */
const struct fa_signature *fa_signature_find(const char *query);

/** Whether its parameters may be all that says which file is meant, as in "/download?token=...". */
bool fa_signature_is_opaque(const struct fa_signature *signature);

/** The parameters of a query, one by one.
 *  @return the length of the parameter at *at, which is set to the next one, or to NULL */
size_t fa_signature_param(const char **at);

/** Whether a parameter signs the URL, limits its validity, or only changes header fields of the
 *  answer.  @signature NULL: it does not */
bool fa_signature_has(const struct fa_signature *signature, const char *param, size_t len);

/** Whether the value of a parameter of fa_signature_has() is the signature itself: a secret. */
bool fa_signature_signs(const struct fa_signature *signature, const char *param, size_t len);

#endif
