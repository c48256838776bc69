/*
 * What the machine allows, for the defaults and for fitting a run into the limit of open files.
 */
#include "engine/limits.h"

#include <fetchall/pool.h>

#include <dirent.h>

/* More loops or workers than usable cores only add context switches. */
unsigned fa_limits_cores(unsigned most)
{
    unsigned n = fa_cores();
    return n > most ? most : n;
}

/* The descriptor of the folder itself, "." and ".." are counted too: a little too many is safe. */
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
