#include "queue/origins.h"

#include <stdlib.h>
#include <string.h>

struct fa_origin_record *fa_origins_get(struct fa_origins *origins, const char *name, uint64_t key,
                                        unsigned partition)
{
    struct fa_origin_record **at = &origins->buckets[key % FA_ORIGINS_BUCKETS];
    for (; *at; at = &(*at)->next)
        if (strcmp((*at)->at.name, name) == 0)
            return *at;
    struct fa_origin_record *record = calloc(1, sizeof(*record));
    if (!record || !(record->at.name = strdup(name))) {
        free(record);
        return NULL;
    }
    record->partition = partition;
    *at = record;
    return record;
}

size_t fa_origins_take_changed(struct fa_origins *origins, unsigned partition,
                               struct fa_queue_origin *ret, size_t most)
{
    size_t n = 0;
    for (size_t i = 0; n < most && i < FA_ORIGINS_BUCKETS; ++i)
        for (struct fa_origin_record *at = origins->buckets[i]; n < most && at; at = at->next)
            if (at->changed && at->partition == partition) {
                at->changed = false;
                ret[n++] = at->at;
            }
    return n;
}

static void bucket_remove(struct fa_origin_record **at, const unsigned *partition)
{
    while (*at) {
        struct fa_origin_record *record = *at;
        if (partition && record->partition != *partition) {
            at = &record->next;
            continue;
        }
        *at = record->next;
        free((char *)record->at.name);
        free(record);
    }
}

void fa_origins_remove(struct fa_origins *origins, unsigned partition)
{
    for (size_t i = 0; i < FA_ORIGINS_BUCKETS; ++i)
        bucket_remove(&origins->buckets[i], &partition);
}

void fa_origins_fini(struct fa_origins *origins)
{
    for (size_t i = 0; i < FA_ORIGINS_BUCKETS; ++i)
        bucket_remove(&origins->buckets[i], NULL);
}
