/* Any value is a number of seconds in its bounds, or none. */
#undef NDEBUG
#include "transfer/retry_after.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const int64_t nows[] = {0, 784111777, 4102444800, -1};
    struct fa_retry_after after = fa_retry_after_parse((const char *)data, len);
    assert(after.seconds == -1 || after.until == -1);
    for (size_t i = 0; i < sizeof(nows) / sizeof(*nows); ++i) {
        double seconds = fa_retry_after_wait(&after, nows[i]);
        assert(seconds == -1 || (seconds >= 0 && seconds <= FA_RETRY_AFTER_MAX));
    }
    return 0;
}
