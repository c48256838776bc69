/* A name is UTF-8, not empty, and has no slash. */
#undef NDEBUG
#include "base/utf8.h"
#include "transfer/disposition.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *name = fa_disposition_name((const char *)data, len);
    if (!name)
        return 0;
    assert(*name && !strpbrk(name, "/\\"));
    uint32_t c;
    for (const char *at = name; *at;) {
        size_t n = fa_utf8_decode(at, &c);
        assert(n > 0);
        at += n;
    }
    free(name);
    return 0;
}
