#include "engine/volume_format.h"

#include "base/io.h"

#include <errno.h>

int fa_volume_failed(const struct fa_volume_writer *w, const char *what, struct fa_error *err)
{
    int code = errno;
    fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot %s '%s'", what, w->volume->state.name);
    return -1;
}

int fa_volume_no_memory(const struct fa_volume_writer *w, struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot add '%s' to an archive",
                    w->job->place.path);
    return -1;
}

int fa_volume_write(struct fa_volume_writer *w, const void *data, size_t len, struct fa_error *err)
{
    if (fa_io_pwrite(w->fd, data, len, w->end))
        return fa_volume_failed(w, "write", err);
    w->end += len;
    return 0;
}

/* A volume with one file may be larger. */
bool fa_volume_has_room(const struct fa_volume_writer *w, uint64_t need)
{
    const struct fa_state_archive *archive = &w->volume->state;
    const struct fa_config *config = w->config;
    return archive->files == 0 ||
           (archive->files < config->tar_files && archive->bytes < config->tar_size &&
            need + w->format->zeros <= config->tar_size - archive->bytes);
}
