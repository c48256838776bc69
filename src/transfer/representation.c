/*
 * The names of content codings are normalised (lower case, separated by commas, without
 * "identity"), so that two responses can be compared with strcmp(3).  A name is a token, hence
 * plain ASCII that can be stored and sent as it is.
 *
 * The coding is part of the identity because a range counts the coded bytes (RFC 9110, 14.1.2), and
 * because some servers send gzip for whole files and identity for ranges under one entity tag.
 * Bytes of both in one part file would be garbage, perhaps of the right length.
 */
#include "transfer/representation.h"

#include "base/http_field.h"

#include <string.h>

const struct fa_representation fa_representation_none = {.validator = {.modified = -1},
                                                         .total = -1};

/* A token character (RFC 9110, 5.6.2) in lower case, or 0. */
static char coding_char(char c)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    bool token = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr(marks, c));
    return token ? c : '\0';
}

static int coding_append_one(char coding[FA_CODING_MAX], const char *name, size_t len)
{
    size_t start = strlen(coding), at = start;
    if (len == 0 || fa_http_is(name, len, "identity"))
        return 0;
    if (at + (at > 0) + len >= FA_CODING_MAX)
        return -1;
    if (at > 0)
        coding[at++] = ',';
    for (size_t i = 0; i < len; ++i) {
        if (!(coding[at + i] = coding_char(name[i]))) {
            coding[start] = '\0';
            return -1;
        }
    }
    coding[at + len] = '\0';
    return 0;
}

int fa_coding_append(char coding[FA_CODING_MAX], const char *value, size_t len)
{
    const char *end = value + len;
    while (value < end) {
        const char *comma = memchr(value, ',', (size_t)(end - value));
        const char *next = comma ? comma + 1 : end;
        size_t one = (size_t)((comma ? comma : end) - value);
        fa_http_trim(&value, &one);
        if (coding_append_one(coding, value, one))
            return -1;
        value = next;
    }
    return 0;
}

/* A text is normalised if normalising it again changes nothing. */
bool fa_coding_is_good(const char *coding)
{
    char again[FA_CODING_MAX] = "";
    return fa_coding_append(again, coding, strlen(coding)) == 0 && strcmp(again, coding) == 0;
}

/* Compare strong entity tags alone if both have one: mirrors of a server may have different
 * modification times for the same file. */
static bool is_same_version(const struct fa_validator *known, const struct fa_validator *later)
{
    if (known->etag[0] && later->etag[0])
        return strcmp(known->etag, later->etag) == 0;
    return fa_validator_same(known, later);
}

enum fa_likeness fa_representation_compare(const struct fa_representation *known,
                                           const struct fa_representation *later)
{
    if (!known->validator.strong || strcmp(known->coding, later->coding) != 0 ||
        !is_same_version(&known->validator, &later->validator))
        return FA_LIKENESS_NONE;
    bool lengths = known->total >= 0 && later->total >= 0;
    return lengths && known->total != later->total ? FA_LIKENESS_DISPUTED : FA_LIKENESS_SAME;
}
