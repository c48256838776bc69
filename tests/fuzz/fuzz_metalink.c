/* Any bytes are a list of the format metalink. */
#include "read_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_list(data, len, &(struct fa_list_options){.format = FA_LIST_FORMAT_METALINK});
    return 0;
}
