/*
 * An attempt may start a file again, for example after the server has refused a login, and then
 * writes at offset 0 once more.  The digester is made and begun by the first write, on the thread
 * that needs it, as only the header before it says whether the server declares a digest.
 */
#include "stage/running.h"

#include <stdlib.h>

struct fa_running_digest {
    const struct fa_digest_set *set;
    struct fa_digester *digester; /* NULL: not needed yet */
    unsigned hashes;
    bool adds;
    bool begun;
    bool broken;
    uint64_t size; /* of what was hashed */
};

struct fa_running_digest *fa_running_digest_new(const struct fa_digest_set *set)
{
    struct fa_running_digest *running = calloc(1, sizeof(*running));
    if (running)
        running->set = set;
    return running;
}

void fa_running_digest_free(struct fa_running_digest *running)
{
    if (!running)
        return;
    fa_digester_free(running->digester);
    free(running);
}

void fa_running_digest_begin(struct fa_running_digest *running, unsigned hashes, bool adds)
{
    running->hashes = hashes;
    running->adds = adds;
    running->begun = running->broken = false;
    running->size = 0;
}

void fa_running_digest_add(void *arg, unsigned hash)
{
    struct fa_running_digest *running = arg;
    if (running->adds && (hash & ~running->hashes))
        fa_running_digest_begin(running, running->hashes | hash, true);
}

static bool running_start(struct fa_running_digest *running)
{
    running->begun = true;
    if (!running->digester)
        running->digester = fa_digester_new(running->set, NULL);
    return running->digester && fa_digester_begin(running->digester, running->hashes, NULL) == 0;
}

void fa_running_digest_put(void *arg, const void *data, size_t len, uint64_t offset)
{
    struct fa_running_digest *running = arg;
    if (!running->hashes)
        return;
    if (offset == 0 && running->size > 0)
        fa_running_digest_begin(running, running->hashes, running->adds);
    if (!running->begun)
        running->broken = !running_start(running);
    if (running->broken || offset != running->size ||
        fa_digester_update(running->digester, data, len, NULL))
        running->broken = true;
    else
        running->size += len;
}

int fa_running_digest_end(struct fa_running_digest *running, uint64_t size, unsigned hashes,
                          struct fa_digest *ret)
{
    if (!running->begun || running->broken || running->size != size || hashes != running->hashes)
        return -1;
    running->begun = false;
    return fa_digester_end(running->digester, ret, NULL);
}
