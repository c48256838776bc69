#include "cli/environment.h"

#include <stdlib.h>

const char *fa_environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}
