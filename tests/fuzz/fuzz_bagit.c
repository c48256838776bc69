/* Any bytes are the manifest of a bag, and any others its fetch.txt. */
#include "read_list.h"

#include <stdio.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void write_file(const char *dir, const char *name, const uint8_t *data, size_t len)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    assert(file && fwrite(data, 1, len, file) == len && fclose(file) == 0);
}

/* A zero byte ends the manifest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static char dir[] = "/tmp/fuzz_bagit.XXXXXX";
    static bool made;
    char path[128];
    uint64_t sum = 0;
    made = made || mkdtemp(dir);
    assert(made);
    const uint8_t *zero = len > 0 ? memchr(data, 0, len) : NULL;
    size_t manifest = zero ? (size_t)(zero - data) : len;
    write_file(dir, "manifest-md5.txt", data, manifest);
    write_file(dir, "fetch.txt", zero ? zero + 1 : data, zero ? len - manifest - 1 : 0);
    snprintf(path, sizeof(path), "%s/fetch.txt", dir);
    struct fa_list *list =
        fa_list_open_with(path, &(struct fa_list_options){.format = FA_LIST_FORMAT_BAGIT}, NULL);
    assert(list && drain(list, &sum));
    fa_list_free(list);
    return 0;
}
