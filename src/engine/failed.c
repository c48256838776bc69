/*
 * The list has the packed format (list/packed.h), which is read like any list.  Each entry gets
 * the path of its record as `out`, so that it is written to the same file as before, also if it
 * had got an alternative name.  The file is unlinked, because its entries contain secrets.
 */
#include "engine/failed.h"

#include "base/io.h"
#include "list/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct failed_list {
    FILE *out;
    uint64_t left_out;
    bool served;
};

/* An entry whose headers the state does not have would be sent without them, so it is left out. */
static bool failed_write_entry(void *arg, const struct fa_record *record)
{
    struct failed_list *list = arg;
    bool lacking = record->secret && !record->text;
    list->left_out += lacking;
    if (lacking || !record->path)
        return true;
    const char *text = record->text ? record->text : record->url;
    struct fa_entry *entry = fa_entry_unpack("", 0, text, strlen(text), NULL);
    struct fa_buf line;
    fa_buf_init(&line);
    if (entry)
        fa_entry_pack(entry, list->served && !entry->out ? NULL : record->path, &line);
    fa_buf_put_u8(&line, '\n');
    if (!entry || line.failed || fwrite(line.data, line.len, 1, list->out) != 1) {
        fclose(list->out);
        list->out = NULL;
    }
    fa_buf_fini(&line);
    fa_entry_free(entry);
    return list->out;
}

static int failed_write_error(struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot write the list of what failed");
    return -1;
}

/* @fd  Taken. */
static int failed_write_list(int fd, struct fa_state *state, struct failed_list *list,
                             struct fa_error *err)
{
    list->out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!list->out) {
        if (fd >= 0)
            close(fd);
        return failed_write_error(err);
    }
    fputs(FA_PACKED_MAGIC "\n", list->out); /* fclose() reports an error */
    int result =
        state ? fa_state_each(state, FA_STANDING_FAILED, failed_write_entry, list, err) : 0;
    if ((!list->out || fclose(list->out)) && result == 0)
        return failed_write_error(err);
    return result;
}

/* The stream gets a duplicate of the descriptor, as fclose(3) closes it.  Both share one offset. */
int fa_failed_list(struct fa_state *state, int dirfd, bool served, uint64_t *ret_left_out,
                   struct fa_error *err)
{
    struct failed_list list = {.served = served};
    int fd = fa_io_unlinked(dirfd);
    int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
    int result = failed_write_list(copy, state, &list, err);
    *ret_left_out = list.left_out;
    if (result == 0 && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}
