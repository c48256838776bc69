/**
 * What a worker knows about the origins of its partitions, for the next owner.
 */
#ifndef FA_QUEUE_ORIGINS_H
#define FA_QUEUE_ORIGINS_H

#include "queue/queue.h"

#define FA_ORIGINS_BUCKETS 4096

struct fa_origin_record {
    struct fa_queue_origin at; /**< Its name is owned. */
    unsigned partition;
    bool changed; /**< Since it was sent. */
    struct fa_origin_record *next;
};

/** All zero: empty. */
struct fa_origins {
    struct fa_origin_record *buckets[FA_ORIGINS_BUCKETS];
};

/** Find or make a record.  @return NULL: no memory. */
struct fa_origin_record *fa_origins_get(struct fa_origins *origins, const char *name, uint64_t key,
                                        unsigned partition);

/** Take up to `most` changed records of a partition.  Their names are borrowed until one of them is
 * removed.  @return how many there are in `ret` */
size_t fa_origins_take_changed(struct fa_origins *origins, unsigned partition,
                               struct fa_queue_origin *ret, size_t most);

/** Remove the records of a partition. */
void fa_origins_remove(struct fa_origins *origins, unsigned partition);

void fa_origins_fini(struct fa_origins *origins);

#endif
