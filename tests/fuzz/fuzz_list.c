/* Any bytes are a list, whose format is guessed. */
#include "read_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_list(data, len, &(struct fa_list_options){.base = "http://h/"});
    return 0;
}
