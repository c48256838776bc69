/*
 * The first error of an output is reported once; after that nothing more is written to it, and
 * `failed` remains set, so that the exit status shows the incomplete output.
 *
 * Opening a file and emptying it are two steps, because a run that ends in between, such as with an
 * unusable second output, should not destroy the report of the previous run.
 *
 * stdio sets errno only when a system call fails.  Therefore errno is set to 0 before writing: an
 * error that a previous write left in the stream (ferror(3)) has no errno any more, and is EIO.
 */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/json.h"

int fa_output_fail(struct fa_output *output, int code, struct fa_error *err)
{
    if (output->failed)
        return 0;
    output->failed = true;
    if (output->file == stdout)
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot write the %s to standard output",
                        output->what);
    else
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot write the %s '%s'", output->what,
                        output->path);
    return -1;
}

/* O_NOCTTY: a terminal given as an output must not become the controlling one. */
int fa_output_open(struct fa_output *output, const char *what, const char *path,
                   struct fa_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? -1 : open(path, O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666);
    FILE *file = standard ? stdout : fd < 0 ? NULL : fdopen(fd, "w");
    if (!file && fd >= 0)
        close(fd);
    if (!file) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot create the %s '%s'", what, path);
        return -1;
    }
    fa_output_take(output, what, path, file);
    return 0;
}

/* Devices and FIFOs have no contents to remove, and ftruncate(2) fails for them. */
int fa_output_empty(struct fa_output *output, struct fa_error *err)
{
    struct stat st;
    if (!output->file || output->file == stdout || fstat(fileno(output->file), &st) != 0 ||
        !S_ISREG(st.st_mode) || ftruncate(fileno(output->file), 0) == 0)
        return 0;
    return fa_output_fail(output, errno, err);
}

void fa_output_take(struct fa_output *output, const char *what, const char *path, FILE *file)
{
    *output = (struct fa_output){
        .file = file, .what = what, .path = path, .terminal = isatty(fileno(file)) != 0};
}

int fa_output_line(struct fa_output *output, const char *line, struct fa_error *err)
{
    if (!output->file || output->failed)
        return 0;
    errno = 0;
    if (fputs(line, output->file) < 0 || putc('\n', output->file) < 0)
        return fa_output_fail(output, errno, err);
    return 0;
}

int fa_output_text(struct fa_output *output, char *text, struct fa_error *err)
{
    int rc = text ? fa_output_line(output, text, err) : fa_output_fail(output, ENOMEM, err);
    free(text);
    return rc;
}

int fa_output_json(struct fa_output *output, json_t *object, struct fa_error *err)
{
    char *line = object ? fa_json_line(object, output->terminal) : NULL;
    json_decref(object);
    return fa_output_text(output, line, err);
}

int fa_output_flush(struct fa_output *output, struct fa_error *err)
{
    errno = 0;
    if (output->file && !output->failed && (fflush(output->file) != 0 || ferror(output->file)))
        return fa_output_fail(output, errno ? errno : EIO, err);
    return 0;
}

int fa_output_close(struct fa_output *output, struct fa_error *err)
{
    int rc = fa_output_flush(output, err);
    /* Do not close standard output: other outputs may share it. */
    if (output->file && output->file != stdout && fclose(output->file) != 0 && rc == 0)
        rc = fa_output_fail(output, errno, err);
    output->file = NULL;
    return rc;
}
