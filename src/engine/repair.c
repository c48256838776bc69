/* A digest of the whole file says that it is damaged, those of pieces say where. */
#include "engine/repair.h"

#include <stdlib.h>
#include <string.h>

struct fa_repair *fa_repair_new(const struct fa_entry *entry, uint64_t size)
{
    struct fa_pieces pieces;
    if (!entry->pieces || !fa_pieces_parse(entry->pieces, strlen(entry->pieces), &pieces) ||
        !fa_pieces_fit(&pieces, size))
        return NULL;
    struct fa_repair *repair = calloc(1, sizeof(*repair));
    if (repair) {
        repair->pieces = pieces;
        repair->size = size;
    }
    return repair;
}

struct fa_extent fa_repair_range(const struct fa_repair *repair)
{
    uint64_t first = repair->at * repair->pieces.length, left = repair->size - first;
    return (struct fa_extent){
        first, first + (left < repair->pieces.length ? left : repair->pieces.length)};
}

void fa_repair_take(struct fa_repair *repair)
{
    const struct fa_stage_result *result = &repair->result;
    struct fa_extent range = fa_repair_range(repair);
    if (result->error.class != FA_CLASS_NONE || result->n_digests != 1) {
        repair->failed = true;
    } else if (fa_pieces_match(&repair->pieces, repair->at, result->digests[0].bytes)) {
        fa_extents_add(&repair->good, range.first, range.end);
    } else {
        if (repair->n_bad++ == 0)
            repair->first_bad = repair->at;
    }
    ++repair->at;
}

bool fa_repair_is_done(const struct fa_repair *repair)
{
    return repair->failed || repair->at == repair->pieces.count;
}

bool fa_repair_is_useful(const struct fa_repair *repair)
{
    return !repair->failed && repair->at == repair->pieces.count && repair->n_bad > 0 &&
           repair->good.count > 0;
}
