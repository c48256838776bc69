/* Any line is read or refused; a name that is read lies in the folder. */
#undef NDEBUG
#include "list/sum.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *line = malloc(len + 1);
    struct fa_sum sum;
    memcpy(line, data, len);
    if (fa_sum_parse(line, len, &sum, NULL) > 0) {
        assert(fa_sum_hash(sum.size, 0) && sum.name[0] && sum.name[0] != '/');
        assert(sum.name > line && sum.name + strlen(sum.name) <= line + len);
        for (const char *part = sum.name; part; part = strchr(part, '/')) {
            part += part != sum.name;
            size_t size = strcspn(part, "/");
            assert(size > 0 && !(size == 2 && memcmp(part, "..", 2) == 0));
        }
    }
    free(line);
    return 0;
}
