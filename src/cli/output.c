/*
 * The first error of an output is reported once; after that nothing more is written to it, and
 * `failed` remains set, so that the exit status shows the incomplete output.
 *
 * Opening a file and emptying it are two steps, because a run that ends in between, such as with an
 * unusable second output, should not destroy the report of the previous run.
 *
 * A file that is appended to may have several writers.  Each write(2) to it has whole lines, and
 * O_APPEND puts them after the last byte of the file, so that lines of different runs never mix.
 * Only a run that was killed, or a full disk, leaves a part of a line; the next run ends it.
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

#include "base/clock.h"
#include "cli/json.h"

/* A file that is appended to gets so many bytes at once. */
#define APPEND_MAX 65536

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
static int output_open(struct fa_output *output, const char *what, const char *path, int flags,
                       struct fa_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? -1 : open(path, O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC | flags, 0666);
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

int fa_output_open(struct fa_output *output, const char *what, const char *path,
                   struct fa_error *err)
{
    return output_open(output, what, path, 0, err);
}

int fa_output_append(struct fa_output *output, const char *what, const char *path,
                     struct fa_error *err)
{
    if (output_open(output, what, path, O_APPEND, err) != 0)
        return -1;
    if (output->file == stdout)
        return 0;
    output->append = true;
    output->buffer = malloc(APPEND_MAX);
    if (output->buffer && setvbuf(output->file, output->buffer, _IOFBF, APPEND_MAX) == 0)
        return 0;
    fa_output_close(output, NULL);
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot create the %s '%s'", what, path);
    return -1;
}

/* Our descriptor cannot read.  A file that may only be written to is taken to be whole. */
static bool output_is_cut(const struct fa_output *output, const struct stat *st)
{
    char last = '\n';
    int fd = st->st_size > 0 ? open(output->path, O_RDONLY | O_NOCTTY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    ssize_t len = pread(fd, &last, 1, st->st_size - 1);
    close(fd);
    return len == 1 && last != '\n';
}

/* Devices and FIFOs have no contents to remove, and ftruncate(2) fails for them. */
int fa_output_begin(struct fa_output *output, struct fa_error *err)
{
    struct stat st;
    int rc = 0;
    if (!output->file || output->file == stdout || fstat(fileno(output->file), &st) != 0 ||
        !S_ISREG(st.st_mode))
        return 0;
    if (!output->append)
        rc = ftruncate(fileno(output->file), 0);
    else if (output_is_cut(output, &st))
        rc = write(fileno(output->file), "\n", 1) == 1 ? 0 : -1;
    return rc == 0 ? 0 : fa_output_fail(output, errno, err);
}

void fa_output_take(struct fa_output *output, const char *what, const char *path, FILE *file)
{
    *output = (struct fa_output){
        .file = file, .what = what, .path = path, .terminal = isatty(fileno(file)) != 0};
}

/* A line that is longer than the buffer; that is empty. */
static int output_write_long(struct fa_output *output, const char *line, size_t len,
                             struct fa_error *err)
{
    while (len > 0) {
        ssize_t n = write(fileno(output->file), line, len);
        if (n < 0 && errno != EINTR)
            return fa_output_fail(output, errno, err);
        line += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* @line  With its newline. */
static int output_put(struct fa_output *output, const char *line, size_t len, struct fa_error *err)
{
    if (output->append && output->buffered + len > APPEND_MAX && fa_output_flush(output, err) != 0)
        return -1;
    if (output->append && len > APPEND_MAX)
        return output->failed ? 0 : output_write_long(output, line, len, err);
    output->buffered += len;
    errno = 0;
    return fwrite(line, 1, len, output->file) == len ? 0 : fa_output_fail(output, errno, err);
}

/* The line and its newline; with the run and the time before the brace at its end. */
static int output_format(const struct fa_output *output, const char *line, char **ret)
{
    size_t len = strlen(line);
    if (!output->run || len == 0)
        return asprintf(ret, "%s\n", line);
    return asprintf(ret, "%.*s, \"run\": \"%s\", \"at\": %.3f}\n", (int)len - 1, line, output->run,
                    fa_clock_read(CLOCK_REALTIME));
}

int fa_output_line(struct fa_output *output, const char *line, struct fa_error *err)
{
    if (!output->file || output->failed)
        return 0;
    char *text = NULL;
    int len = output_format(output, line, &text);
    if (len < 0)
        return fa_output_fail(output, ENOMEM, err);
    int rc = output_put(output, text, (size_t)len, err);
    free(text);
    return rc;
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
    output->buffered = 0;
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
    free(output->buffer);
    output->buffer = NULL;
    return rc;
}
