/*
 * The private folders tell into how many shards a folder is divided: each run makes its own before
 * it looks at the others, so that of two runs that start at once with different numbers, at least
 * one sees the other.  A shard of a list that is divided by URL has a mark beside its state.
 */
#include "engine/shard.h"

#include <fetchall/state.h>

#include "base/io.h"
#include "base/key.h"
#include "engine/identity.h"
#include "transfer/url.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fa_shard_name(const struct fa_shard *shard, char ret[FA_SHARD_NAME])
{
    ret[0] = '\0';
    if (shard->count > 0)
        snprintf(ret, FA_SHARD_NAME, "shard-%u-of-%u", shard->index, shard->count);
    else if (shard->worker)
        snprintf(ret, FA_SHARD_NAME, "worker-%s", shard->worker);
}

/* Printed again to compare: "shard-01-of-4" is not a name of ours. */
bool fa_shard_from_name(const char *name, struct fa_shard *ret)
{
    char again[FA_SHARD_NAME];
    *ret = (struct fa_shard){0};
    if (sscanf(name, "shard-%9u-of-%9u", &ret->index, &ret->count) != 2)
        return false;
    fa_shard_name(ret, again);
    return strcmp(name, again) == 0 && ret->index < ret->count;
}

/* A bad entry is divided by its text. */
static uint64_t entry_key(const struct fa_entry *entry, bool by_url)
{
    struct fa_url url;
    fa_url_init(&url);
    int at = entry->error.class == FA_CLASS_NONE
                 ? fa_url_parse_any(&url, entry->urls, entry->n_urls, NULL)
                 : -1;
    uint64_t key = at < 0   ? fa_key_str(entry->n_urls > 0 ? entry->urls[0] : "")
                   : by_url ? fa_identity_key(entry->urls[at], FA_MATCH_AUTO)
                            : fa_key_str(url.origin);
    fa_url_fini(&url);
    return key;
}

/* The error of a whole list, which has line 0, is one of every shard. */
bool fa_shard_has(const struct fa_shard *shard, const struct fa_entry *entry)
{
    if (shard->count == 0 || (entry->line == 0 && entry->error.class != FA_CLASS_NONE))
        return true;
    return entry_key(entry, shard->by_url) % shard->count == shard->index;
}

/* What the private folder of a directory says about shards. */
struct division {
    bool state;     /* the state of a run without shards, or of a merge */
    bool merging;   /* a merge is in progress, or was interrupted */
    bool others;    /* there are other shards */
    unsigned count; /* another number of them; 0: none */
    bool by_other;  /* some are divided by origin and not by URL, or the other way */
};

static bool folder_has(int fd, const char *name)
{
    struct stat st;
    return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

#define BY_URL "by-url"

static bool shard_has_state(int own_fd)
{
    return folder_has(own_fd, strrchr(FA_STATE_FILE, '/') + 1);
}

/* Set before the state exists, and not changed afterwards: it says how the state was made. */
int fa_shard_mark(const struct fa_shard *shard, int own_fd, struct fa_error *err)
{
    fa_shard_unmark(own_fd);
    if (!shard->by_url || shard_has_state(own_fd))
        return 0;
    int fd = openat(own_fd, BY_URL, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        fa_io_not_created(err, own_fd, BY_URL, "make the mark of the shard", BY_URL);
        return -1;
    }
    close(fd);
    return 0;
}

void fa_shard_unmark(int own_fd)
{
    if (!shard_has_state(own_fd))
        unlinkat(own_fd, BY_URL, 0);
}

/* openat(2) of ".", as a copy made by dup(2) would share the position of the folder with fd. */
static int division_read(const struct fa_shard *shard, int fd, struct division *ret)
{
    *ret = (struct division){
        .state = shard_has_state(fd),
        .merging = folder_has(fd, FA_SHARD_MERGED),
    };
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
    if (!folder && copy >= 0)
        close(copy);
    if (!folder)
        return -1;
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct fa_shard there;
        char state[sizeof(entry->d_name) + sizeof(FA_STATE_FILE)];
        char mark[sizeof(entry->d_name) + sizeof("/" BY_URL)];
        snprintf(mark, sizeof(mark), "%s/" BY_URL, entry->d_name);
        snprintf(state, sizeof(state), "%s%s", entry->d_name, strrchr(FA_STATE_FILE, '/'));
        /* Without a state it is what a merge has left: files that are not ours. */
        if (!fa_shard_from_name(entry->d_name, &there) || !folder_has(fd, state))
            continue;
        ret->others |= there.count != shard->count || there.index != shard->index;
        ret->by_other |= folder_has(fd, mark) != shard->by_url;
        if (there.count != shard->count)
            ret->count = there.count;
    }
    closedir(folder);
    return 0;
}

/* A folder with both shards and a state is one whose merge was interrupted. */
int fa_shard_check(const struct fa_shard *shard, int fd, bool run, const char *dir,
                   struct fa_error *err)
{
    static const char *const keys[] = {"origin", "url"};
    struct division is;
    char why[160] = "";
    if (division_read(shard, fd, &is)) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot read '%s/.fetchall'", dir);
        return -1;
    }
    if (is.merging && shard->count == 0 && !is.others)
        snprintf(why, sizeof(why),
                 "has what a stopped merge of other folders left: repeat 'fetchall merge' with the "
                 "same STATEs");
    else if (is.merging || (is.state && is.others) || (shard->count == 0 && is.others))
        snprintf(why, sizeof(why), "has shards that are not merged: run 'fetchall merge' for it");
    else if (shard->count > 0 && is.state)
        snprintf(why, sizeof(why), "was filled without shards: run without --shard");
    else if (is.count > 0)
        snprintf(why, sizeof(why),
                 "is divided into %u shards, not %u: finish them with --shard I/%u, then run "
                 "'fetchall merge' for it",
                 is.count, shard->count, is.count);
    else if (run && shard->count > 0 && is.by_other)
        snprintf(why, sizeof(why),
                 "is divided by %s, not by %s: finish its shards with --shard-by %s, then run "
                 "'fetchall merge' for it",
                 keys[!shard->by_url], keys[shard->by_url], keys[!shard->by_url]);
    if (!why[0])
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                 "'%s' %s, or choose another folder (-d)", dir, why);
    return -1;
}
