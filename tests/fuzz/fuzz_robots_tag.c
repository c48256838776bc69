/* A rule that is found is one of those that were asked for. */
#undef NDEBUG
#include "base/robots_tag.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char rule[FA_ROBOTS_TAG_MAX] = "";
    bool has = fa_robots_tags_have("noai,noimageai", (const char *)data, len, "fetchall", rule);
    assert(has == (strcmp(rule, "noai") == 0 || strcmp(rule, "noimageai") == 0));
    return 0;
}
