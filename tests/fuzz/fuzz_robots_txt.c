/* A robots.txt, and the path after its last line. */

#include "base/robots_txt.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fa_robots_txt robots;
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    const char *last = strrchr(text, '\n');
    if (fa_robots_txt_parse(&robots, text, size, "fetchall") == 0) {
        const struct fa_robots_rule *rule = fa_robots_txt_find(&robots, last ? last + 1 : "/");
        if (rule && (rule->line == 0 || !rule->pattern[0]))
            abort();
    }
    fa_robots_txt_fini(&robots);
    free(text);
    return 0;
}
