/* The digests stay text: they are decoded when a piece is compared, which is rare. */
#include "list/pieces.h"

#include "base/hex.h"

#include <stdio.h>
#include <string.h>

/* @return the bytes used by "LENGTH:", or 0 */
static size_t length_parse(const char *text, size_t len, uint64_t *ret)
{
    uint64_t length = 0;
    for (size_t i = 0; i < len; ++i) {
        if (text[i] == ':' && length > 0) {
            *ret = length;
            return i + 1;
        }
        if (text[i] < '0' || text[i] > '9' || length > INT64_MAX / 10 - 1)
            return 0;
        length = length * 10 + (uint64_t)(text[i] - '0');
    }
    return 0;
}

bool fa_pieces_parse(const char *text, size_t len, struct fa_pieces *ret)
{
    const char *colon = memchr(text, ':', len);
    size_t name = colon ? (size_t)(colon - text) : 0;
    ret->hash = fa_hash_from_name(text, name);
    size_t at = name + 1, digits = 2 * fa_hash_size(ret->hash);
    size_t used = digits && at < len ? length_parse(text + at, len - at, &ret->length) : 0;
    if (!used || len > FA_PIECES_TEXT_MAX)
        return false;
    ret->hex = text + at + used;
    size_t all = len - at - used;
    ret->count = all / digits;
    for (size_t i = 0; i < all; ++i)
        if (!strchr("0123456789abcdefABCDEF", ret->hex[i]) || !ret->hex[i])
            return false;
    return all > 0 && all % digits == 0;
}

bool fa_pieces_fit(const struct fa_pieces *pieces, uint64_t size)
{
    return size > 0 && (size - 1) / pieces->length + 1 == pieces->count;
}

/* fa_pieces_parse() has checked the digits. */
bool fa_pieces_match(const struct fa_pieces *pieces, size_t i, const unsigned char *digest)
{
    size_t size = fa_hash_size(pieces->hash);
    const char *hex = pieces->hex + 2 * size * i;
    for (size_t j = 0; j < size; ++j)
        if (fa_hex_byte(hex + 2 * j) != digest[j])
            return false;
    return true;
}

void fa_piece_sets_fini(struct fa_piece_sets *sets)
{
    fa_buf_fini(&sets->set);
    fa_buf_fini(&sets->best);
}

void fa_piece_sets_reset(struct fa_piece_sets *sets)
{
    sets->type = 0;
    sets->unusable = false;
    fa_buf_reset(&sets->best);
}

/* A set is collected as the text that fa_pieces_parse() reads, which then checks it. */
void fa_piece_sets_begin(struct fa_piece_sets *sets, const char *type, const char *length)
{
    char head[64];
    sets->set_type = type ? fa_hash_from_name(type, strlen(type)) : 0;
    sets->set_bad = !length || strlen(length) > 18;
    fa_buf_reset(&sets->set);
    if (!sets->set_type || sets->set_bad)
        return;
    snprintf(head, sizeof(head), "%s:%s:", fa_hash_name(sets->set_type), length);
    fa_buf_put(&sets->set, head, strlen(head));
}

void fa_piece_sets_take(struct fa_piece_sets *sets, const char *hex, size_t len)
{
    sets->set_bad |=
        len != 2 * fa_hash_size(sets->set_type) || sets->set.len + len > FA_PIECES_TEXT_MAX;
    if (sets->set_type && !sets->set_bad)
        fa_buf_put(&sets->set, hex, len);
}

/* Of two sets with digests of one length, the first one counts. */
void fa_piece_sets_end(struct fa_piece_sets *sets)
{
    struct fa_pieces pieces;
    bool good = sets->set_type && !sets->set_bad &&
                fa_pieces_parse((const char *)sets->set.data, sets->set.len, &pieces);
    sets->unusable |= !good;
    if (!good || fa_hash_size(sets->set_type) <= fa_hash_size(sets->type))
        return;
    sets->type = sets->set_type;
    fa_buf_reset(&sets->best);
    fa_buf_put(&sets->best, sets->set.data, sets->set.len);
}
