/*
 * Origins get equal shares of a sample, and the entries of each are spread over all of its own, so
 * that neither a large origin nor the start of the list dominates.
 *
 * The lists are read twice: first to count the entries of each origin, then to write those that
 * its share falls on.  So memory follows the number of origins, not that of entries.  A list that
 * can be read only once (standard input, a FIFO) is copied to an unlinked file before the first
 * pass.
 */
#include <fetchall/sample.h>
#include <fetchall/session.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/key.h"
#include "base/sized.h"
#include "engine/config.h"
#include "engine/quota.h"
#include "list/list.h"
#include "list/packed.h"
#include "transfer/url.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_SIZE 65536

/* One struct for both passes: whether there is an output file tells which one it is. */
struct sample {
    struct fa_quota *quotas; /* in the order in which the origins appear */
    size_t count, room;
    size_t *slots; /* open addressing: an index into quotas plus 1, or 0 */
    size_t n_slots;
    struct fa_sample *counts;
    struct fa_list_options options;
    FILE *out;   /* NULL while entries are counted */
    size_t list; /* index of the list that is read */
};

typedef int (*visit_fn)(struct sample *sample, const struct fa_entry *entry, uint64_t key,
                        struct fa_error *err);

static int sample_no_memory(struct fa_error *err)
{
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot take a sample");
    return -1;
}

/* Linear probing; the keys are hashes already. */
static size_t *sample_find_slot(const struct sample *sample, uint64_t key)
{
    size_t at = key % sample->n_slots;
    while (sample->slots[at] && sample->quotas[sample->slots[at] - 1].key != key)
        at = (at + 1) % sample->n_slots;
    return &sample->slots[at];
}

/* Double the quotas, with twice as many slots, so that the table is at most half full. */
static int sample_grow(struct sample *sample)
{
    size_t room = sample->room ? 2 * sample->room : 64;
    size_t *slots = calloc(2 * room, sizeof(*slots));
    struct fa_quota *quotas = reallocarray(sample->quotas, room, sizeof(*quotas));
    if (quotas)
        sample->quotas = quotas;
    if (!slots || !quotas) {
        free(slots);
        return -1;
    }
    free(sample->slots);
    sample->slots = slots;
    sample->n_slots = 2 * room;
    sample->room = room;
    for (size_t i = 0; i < sample->count; ++i)
        *sample_find_slot(sample, sample->quotas[i].key) = i + 1;
    return 0;
}

static int sample_count_entry(struct sample *sample, const struct fa_entry *entry, uint64_t key,
                              struct fa_error *err)
{
    (void)entry;
    if (sample->count == sample->room && sample_grow(sample))
        return sample_no_memory(err);
    size_t *slot = sample_find_slot(sample, key);
    if (!*slot) {
        sample->quotas[sample->count] = (struct fa_quota){.key = key};
        *slot = ++sample->count;
    }
    ++sample->quotas[*slot - 1].count;
    ++sample->counts->entries;
    return 0;
}

/* A list may have changed since the first pass: an unknown origin is skipped. */
static int sample_write_entry(struct sample *sample, const struct fa_entry *entry, uint64_t key,
                              struct fa_error *err)
{
    size_t slot = sample->count ? *sample_find_slot(sample, key) : 0;
    if (!slot || !fa_quota_takes(&sample->quotas[slot - 1]))
        return 0;
    ++sample->counts->taken;
    struct fa_buf line;
    fa_buf_init(&line);
    fa_entry_pack(entry, NULL, &line);
    fa_buf_put_u8(&line, '\n');
    errno = line.failed ? ENOMEM : 0;
    bool good = !line.failed && fwrite(line.data, line.len, 1, sample->out) == 1;
    if (!good)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot write a sample");
    fa_buf_fini(&line);
    return good ? 0 : -1;
}

/*
 * The key of the origin of an entry.
 * @return 1; 0 if the entry is bad, and *ret_bad says why; -1
 */
static int entry_origin_key(const struct fa_entry *entry, uint64_t *ret_key,
                            struct fa_error *ret_bad, struct fa_error *err)
{
    struct fa_url url;
    fa_url_init(&url);
    int result = 0;
    *ret_bad = entry->error;
    if (entry->error.class == FA_CLASS_NONE &&
        fa_url_parse(&url, entry->urls[0], NULL, ret_bad) == 0) {
        *ret_key = fa_key_str(url.origin);
        result = 1;
    } else if (ret_bad->class == FA_CLASS_LOCAL_IO) {
        *err = *ret_bad;
        result = -1;
    }
    fa_url_fini(&url);
    return result;
}

static void sample_count_bad(struct sample *sample, uint64_t line, const struct fa_error *why)
{
    if (sample->counts->bad++ == 0)
        sample->counts->first_bad = (struct fa_sample_bad){sample->list, line, *why};
}

/* The list cannot be read; FA_CLASS_LOCAL_IO would blame the folder that the sample goes to. */
static void error_blame_list(struct fa_error *err)
{
    if (err->code != ENOMEM)
        err->class = FA_CLASS_BAD_URL;
}

/* Bad entries are counted in the first pass only. */
static int sample_visit_entry(struct sample *sample, const struct fa_entry *entry, visit_fn visitor,
                              struct fa_error *err)
{
    uint64_t key = 0;
    struct fa_error bad = {0};
    int found = entry_origin_key(entry, &key, &bad, err);
    if (!found && !sample->out)
        sample_count_bad(sample, entry->line, &bad);
    return found > 0 ? visitor(sample, entry, key, err) : found;
}

static int sample_visit_list(struct sample *sample, struct fa_list *list, visit_fn visitor,
                             struct fa_error *err)
{
    struct fa_entry *entry;
    for (;;) {
        switch (fa_list_next(list, fa_clock_now(), &entry, err)) {
        case FA_LIST_AGAIN: /* a file never blocks, but can consist of comments */
            continue;
        case FA_LIST_END:
            return 0;
        case FA_LIST_ERROR:
            error_blame_list(err);
            return -1;
        case FA_LIST_ENTRY:
            break;
        }
        int result = entry ? sample_visit_entry(sample, entry, visitor, err) : -1;
        fa_entry_free(entry);
        if (result)
            return -1;
    }
}

/*
 * Copy a list that can be read only once. pwrite(2) leaves the offset of the copy at its start.
 * @return 0; or -1, and *ret_reading tells whether reading failed, or writing
 */
static int list_copy(int from, int to, bool *ret_reading)
{
    char buf[COPY_SIZE];
    uint64_t at = 0;
    ssize_t got;
    *ret_reading = true;
    while ((got = read(from, buf, sizeof(buf))) != 0) {
        if (got < 0 && errno == EAGAIN) {
            struct pollfd readable = {.fd = from, .events = POLLIN};
            if (poll(&readable, 1, -1) < 0)
                return -1;
            continue;
        }
        if (got < 0)
            return -1;
        if (fa_io_pwrite(to, buf, (size_t)got, at)) {
            *ret_reading = false;
            return -1;
        }
        at += (uint64_t)got;
    }
    return 0;
}

/* Set *ret_fd to a descriptor of a copy, or to -1 if the list can be read twice. */
static int list_spool(const char *name, int dirfd, int *ret_fd, struct fa_error *err)
{
    struct stat st;
    *ret_fd = -1;
    if (fa_list_is_url(name))
        return 0;
    bool own = strcmp(name, "-") != 0;
    /* fa_list_open() will report a missing file. */
    if (own && (stat(name, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
        return 0;
    int from = own ? open(name, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    bool reading = from < 0;
    int to = from < 0 ? -1 : fa_io_unlinked(dirfd);
    int code = to < 0 || list_copy(from, to, &reading) ? errno : 0;
    if (own && from >= 0)
        close(from);
    if (code == 0) {
        *ret_fd = to;
        return 0;
    }
    if (to >= 0)
        close(to);
    fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot %s the list '%s'",
                    reading ? "read" : "copy", name);
    if (reading)
        error_blame_list(err);
    return -1;
}

/* Copies are opened by their descriptor in /proc, as they have no name. */
static int sample_visit_lists(struct sample *sample, const char *const *lists, const int *fds,
                              size_t n, visit_fn visitor, struct fa_error *err)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < n; ++i) {
        char copied[40];
        snprintf(copied, sizeof(copied), "/proc/self/fd/%d", fds[i]);
        sample->list = i;
        struct fa_list *list =
            fa_list_open_with(fds[i] < 0 ? lists[i] : copied, &sample->options, err);
        if (!list)
            error_blame_list(err);
        result = list ? sample_visit_list(sample, list, visitor, err) : -1;
        fa_list_free(list);
    }
    return result;
}

/* The sample may contain passwords, so only the user can read it. */
static int sample_open_out(struct sample *sample, const char *file, struct fa_error *err)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    sample->out = fd < 0 ? NULL : fdopen(fd, "w");
    if (sample->out)
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot create the list '%s'", file);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* fclose(3) is the last chance to learn that the disk was full. */
static int sample_close_out(struct sample *sample, const char *file, struct fa_error *err)
{
    int code = fclose(sample->out) == 0 ? 0 : errno;
    sample->out = NULL;
    if (code)
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot write the list '%s'", file);
    return code ? -1 : 0;
}

/* Copies of lists go to the folder of the sample: there is space for a part of them at least. */
static int sample_open_folder(const char *file)
{
    const char *slash = strrchr(file, '/');
    char *folder = slash ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(folder);
    return fd;
}

static int sample_take(struct sample *sample, const char *const *lists, const int *fds, size_t n,
                       uint64_t most, const char *file, struct fa_error *err)
{
    if (sample_visit_lists(sample, lists, fds, n, sample_count_entry, err))
        return -1;
    sample->counts->origins = sample->count;
    fa_quota_share(sample->quotas, sample->count, most);
    for (size_t i = 0; i < sample->count; ++i)
        sample->counts->taken_origins += sample->quotas[i].share > 0;
    if (sample_open_out(sample, file, err))
        return -1;
    fputs(FA_PACKED_MAGIC "\n", sample->out); /* fclose() reports an error */
    int result = sample_visit_lists(sample, lists, fds, n, sample_write_entry, err);
    return sample_close_out(sample, file, result ? NULL : err) || result ? -1 : 0;
}

/* The smallest struct of a caller that is accepted ends with this field. */
#define FIRST_SIZE offsetof(struct fa_sample, first_bad)

int fa_sample_write(const char *const *lists, size_t n_lists, uint64_t most, const char *file,
                    struct fa_sample *ret, struct fa_error *err)
{
    return fa_sample_write_config(NULL, lists, n_lists, most, file, ret, err);
}

int fa_sample_write_config(const struct fa_config *config, const char *const *lists, size_t n_lists,
                           uint64_t most, const char *file, struct fa_sample *ret,
                           struct fa_error *err)
{
    struct fa_config copied;
    struct fa_sample counts = {.size = sizeof(counts)};
    struct sample sample = {.counts = &counts};
    fa_config_init(&copied);
    if (fa_sized_check(ret, FIRST_SIZE, "fa_sample", err) ||
        (config && (fa_config_copy(&copied, config, err) || fa_config_check(&copied, err))))
        return -1;
    fa_config_list_options(&copied, &sample.options);
    int *fds = calloc(n_lists + 1, sizeof(*fds));
    int dirfd = sample_open_folder(file);
    int result = -1;
    size_t spooled = 0;
    if (!fds || dirfd < 0) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, fds ? errno : ENOMEM, "cannot create the list '%s'",
                        file);
        goto out;
    }
    while (spooled < n_lists && list_spool(lists[spooled], dirfd, &fds[spooled], err) == 0)
        ++spooled;
    if (spooled == n_lists)
        result = sample_take(&sample, lists, fds, n_lists, most, file, err);

out:
    fa_sized_put(ret, &counts, sizeof(counts));
    for (size_t i = 0; i < spooled; ++i)
        if (fds[i] >= 0)
            close(fds[i]);
    if (dirfd >= 0)
        close(dirfd);
    free(fds);
    free(sample.quotas);
    free(sample.slots);
    return result;
}
