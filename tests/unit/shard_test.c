/* Which shard an entry belongs to, and which folders a shard refuses. */

#include "engine/shard.h"

#include "base/key.h"
#include "support/scratch.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned shard_of(const char *url, unsigned count, bool by_url)
{
    const char *urls[] = {url};
    struct fa_entry entry = {.line = 1, .urls = urls, .n_urls = 1};
    unsigned found = count;
    for (unsigned i = 0; i < count; ++i) {
        struct fa_shard shard = {.index = i, .count = count, .by_url = by_url};
        if (!fa_shard_has(&shard, &entry))
            continue;
        cr_assert_eq(found, count, "%s is in two shards", url);
        found = i;
    }
    cr_assert_lt(found, count, "%s is in no shard", url);
    return found;
}

/* Other programs compute it from this text. */
Test(shard, origin_is_hashed_with_its_port)
{
    unsigned expected = (unsigned)(fa_key_str("https://example.org:443") % 1000);
    cr_expect_eq(shard_of("https://example.org/a", 1000, false), expected);
    cr_expect_eq(shard_of("https://EXAMPLE.org:443/b?c", 1000, false), expected);
    cr_expect_eq(shard_of("https://u:p@example.org/c", 1000, false), expected);
    cr_expect_eq(shard_of("http://example.org/a", 1000, false),
                 fa_key_str("http://example.org:80") % 1000);
}

Test(shard, url_is_hashed_without_its_signature)
{
    unsigned expected = (unsigned)(fa_key_str("https://example.org/a") % 1000);
    cr_expect_eq(shard_of("https://example.org/a", 1000, true), expected);
    cr_expect_eq(shard_of("https://b.example.org/x?X-Amz-Signature=1", 1000, true),
                 shard_of("https://b.example.org/x?X-Amz-Signature=2", 1000, true));
}

Test(shard, bad_entry_is_in_one_shard_and_an_unreadable_list_in_all)
{
    const char *urls[] = {"ftp://x"};
    struct fa_entry entry = {.line = 3, .urls = urls, .n_urls = 1};
    entry.error.class = FA_CLASS_BAD_URL;
    unsigned n = 0;
    for (unsigned i = 0; i < 7; ++i)
        n += fa_shard_has(&(struct fa_shard){.index = i, .count = 7}, &entry);
    cr_expect_eq(n, 1);
    (void)shard_of("http://[broken", 7, false);
    entry.line = 0;
    cr_expect(fa_shard_has(&(struct fa_shard){.count = 7}, &entry));
    cr_expect(fa_shard_has(&(struct fa_shard){.index = 6, .count = 7}, &entry));
    cr_expect(fa_shard_has(&(struct fa_shard){0}, &entry));
}

Test(shard, names_are_read_strictly)
{
    struct fa_shard shard;
    char name[FA_SHARD_NAME];
    cr_assert(fa_shard_from_name("shard-3-of-16", &shard));
    cr_expect_eq(shard.index, 3);
    cr_expect_eq(shard.count, 16);
    fa_shard_name(&shard, name);
    cr_expect_str_eq(name, "shard-3-of-16");
    static const char *const bad[] = {"shard-16-of-16", "shard-03-of-16", "shard-3-of-16x",
                                      "shard--1-of-4",  "shard-3-of-",    "xshard-3-of-16"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); ++i)
        cr_expect_not(fa_shard_from_name(bad[i], &shard), "%s", bad[i]);
}

static struct fa_scratch scratch;

static void begin(void)
{
    fa_scratch_init(&scratch);
}

static void end(void)
{
    fa_scratch_fini(&scratch);
}

/* What a folder with these names in its .fetchall says to a shard; "": nothing. */
static const char *check(struct fa_shard shard, const char *const *names)
{
    static struct fa_error err;
    const char *own = fa_scratch_mkdir(&scratch, "own");
    for (; *names; ++names) {
        char path[PATH_MAX];
        size_t len = (size_t)snprintf(path, sizeof(path), "%s/%s", own, *names);
        char *slash = strchr(path + len - strlen(*names), '/');
        if (slash) {
            *slash = '\0';
            cr_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
            *slash = '/';
        }
        cr_assert_eq(mkdir(path, 0700), 0);
    }
    int fd = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    err = (struct fa_error){0};
    int result = fa_shard_check(&shard, fd, true, "DIR", &err);
    close(fd);
    fa_file_remove(own);
    cr_assert_eq(result, err.msg[0] ? -1 : 0);
    return err.msg;
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(shard, folders_that_are_divided_otherwise_are_refused, .init = begin, .fini = end)
{
    const struct fa_shard none = {0}, second = {.index = 1, .count = 4};
    cr_expect_str_eq(check(none, NAMES("state.db")), "");
    cr_expect_str_eq(check(second, NAMES("shard-0-of-4/state.db", "shard-1-of-4/state.db")), "");
    cr_expect(strstr(check(second, NAMES("shard-1-of-4/state.db", "shard-0-of-8/state.db")),
                     "8 shards, not 4"));
    cr_expect(strstr(check(second, NAMES("shard-1-of-4/state.db", "state.db")), "without shards"));
    cr_expect(strstr(check(none, NAMES("shard-1-of-4/state.db")), "fetchall merge"));
    cr_expect(strstr(check(none, NAMES("shard-1-of-4/state.db", "state.db")), "fetchall merge"));
    cr_expect(strstr(check(second, NAMES("shard-2-of-4/state.db", "state.db")), "fetchall merge"));
    cr_expect(strstr(check(second, NAMES("shard-1-of-4/state.db", "merge.db")), "fetchall merge"));
    cr_expect(strstr(check(second, NAMES("shard-0-of-4/state.db", "shard-0-of-4/by-url")),
                     "by url, not by origin"));
    const struct fa_shard by_url = {.index = 1, .count = 4, .by_url = true};
    cr_expect(strstr(check(by_url, NAMES("shard-1-of-4/state.db")), "by origin, not by url"));
    cr_expect_str_eq(check(by_url, NAMES("shard-0-of-4/state.db", "shard-0-of-4/by-url")), "");
    cr_expect_str_eq(check(second, NAMES("shard-0-of-4/by-url")), "");
    /* A merge keeps what is not ours. */
    cr_expect_str_eq(check(none, NAMES("shard-1-of-4/state.db.damaged", "state.db")), "");
    cr_expect_str_eq(check(second, NAMES("shard-0-of-8/.nfs1")), "");
}

Test(shard, worker_has_a_folder_of_its_own_that_is_no_shard)
{
    char name[FA_SHARD_NAME];
    struct fa_shard again;
    fa_shard_name(&(struct fa_shard){.worker = "node-1"}, name);
    cr_expect_str_eq(name, "worker-node-1");
    cr_expect_not(fa_shard_from_name(name, &again));
    fa_shard_name(&(struct fa_shard){0}, name);
    cr_expect_str_eq(name, "");
}
