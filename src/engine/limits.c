#include "engine/limits.h"

#include <dirent.h>
#include <unistd.h>

unsigned fa_limits_cores(unsigned most)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > (long)most ? most : (unsigned)n;
}

unsigned fa_limits_open_files(void)
{
    unsigned n = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (dir && readdir(dir))
        ++n;
    if (dir)
        closedir(dir);
    return n;
}
