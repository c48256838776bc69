#include "base/which.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder has the permission to be executed, too. */
static bool path_is_program(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return false;
    errno = EACCES;
    return S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* As execvp(3), EACCES is reported only if no later folder has the program. */
char *fa_which(const char *word)
{
    const char *path = getenv("PATH");
    int why = ENOENT;
    if (strchr(word, '/'))
        return path_is_program(word) ? strdup(word) : NULL;
    for (const char *at = path ? path : "/usr/bin:/bin"; *at; at += *at == ':') {
        size_t len = strcspn(at, ":");
        char *found = NULL;
        if (len > 0 && *word && asprintf(&found, "%.*s/%s", (int)len, at, word) >= 0) {
            if (path_is_program(found))
                return found;
            why = errno == EACCES ? EACCES : why;
            free(found);
        }
        at += len;
    }
    errno = why;
    return NULL;
}
