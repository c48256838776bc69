#include "engine/payloads.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* What malloc() and tsearch() need for a payload besides. */
#define OVERHEAD 64

/* The digest is the first member: a digest can be looked up like a payload. */
static int payload_compare(const void *one, const void *other)
{
    return strncmp(one, other, FA_WARC_DIGEST);
}

void fa_payloads_fini(struct fa_payloads *payloads)
{
    tdestroy(payloads->tree, free);
    *payloads = (struct fa_payloads){0};
}

/* The URL is stored after the struct, so that tdestroy(3) can free both.  Of two payloads with one
 * digest the first stays: records refer to the one that was written first. */
void fa_payloads_add(struct fa_payloads *payloads, const struct fa_payload *payload)
{
    size_t url = strlen(payload->url) + 1;
    size_t bytes = sizeof(*payload) + url;
    if (payloads->bytes + bytes + OVERHEAD > FA_PAYLOADS_MEMORY)
        return;
    struct fa_payload *copy = malloc(bytes);
    if (!copy)
        return;
    *copy = *payload;
    copy->url = memcpy(copy + 1, payload->url, url);
    struct fa_payload *const *found = tsearch(copy, &payloads->tree, payload_compare);
    if (found && *found == copy)
        payloads->bytes += bytes + OVERHEAD;
    else
        free(copy);
}

const struct fa_payload *fa_payloads_find(const struct fa_payloads *payloads, const char *digest)
{
    struct fa_payload *const *found = tfind(digest, &payloads->tree, payload_compare);
    return found ? *found : NULL;
}
