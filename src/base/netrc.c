/*
 * The same search as libcurl's (CURLOPT_NETRC_FILE(3)).  A confined worker has to be allowed to
 * read the file that it will open later.
 */
#include "base/netrc.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char *fa_netrc_path(void)
{
    const char *home = getenv("HOME");
    const struct passwd *user = home ? NULL : getpwuid(geteuid());
    char *path = NULL;
    home = user ? user->pw_dir : home;
    return home && asprintf(&path, "%s/.netrc", home) >= 0 ? path : NULL;
}
