/*
 * Lines end with LF, or CR and LF.  They are bounded by what wrote them: the manifests, whose lines
 * may not be longer than list/bag.h reads, are indexed before.
 */
#include "list/tag_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fa_tag_file fa_tag_file_open(const char *path)
{
    struct fa_tag_file file = {0};
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        file.in = fdopen(fd, "r");
    else if (fd >= 0)
        errno = EINVAL;
    if (fd >= 0 && !file.in)
        close(fd);
    return file;
}

bool fa_tag_file_next(struct fa_tag_file *file)
{
    ssize_t len;
    while (file->in && (len = getline(&file->line, &file->room, file->in)) > 0) {
        file->offset = file->next;
        file->next += (uint64_t)len;
        ++file->number;
        file->len = (size_t)len - (file->line[len - 1] == '\n');
        file->len -= file->len > 0 && file->line[file->len - 1] == '\r';
        file->line[file->len] = '\0';
        if (file->len > 0)
            return true;
    }
    return false;
}

void fa_tag_file_close(struct fa_tag_file *file)
{
    if (file->in)
        fclose(file->in);
    free(file->line);
}
