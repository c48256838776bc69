#include "hostile_tasks.h"

#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fetchall/event.h>

const char *const fa_hostile_lies[] = {
    "unknown", "zero",  "two bits", "twice", "none",    "more",   "many",  "short",
    "long",    "empty", "huge",     "error", "unended", "domain", "class", NULL,
};

static void put_digest(struct fa_buf *buf, unsigned hash)
{
    unsigned char bytes[FA_DIGEST_MAX];
    memset(bytes, 0xff, sizeof(bytes));
    fa_buf_put_u8(buf, (uint8_t)hash);
    fa_buf_put(buf, bytes, sizeof(bytes));
}

/* One digest this many times, for a file that has one. */
static void put_digests(struct fa_buf *buf, unsigned hash, unsigned said, unsigned are)
{
    fa_buf_put_u8(buf, (uint8_t)said);
    for (unsigned i = 0; i < are; ++i)
        put_digest(buf, hash);
}

/* An error as for a file that cannot be read, with characters that must not reach a terminal. */
static void put_error(struct fa_buf *buf, bool ended)
{
    char text[5000];
    memset(text, 0x9b, sizeof(text));
    memcpy(text, "\x1b]0;x\a\xff\xfe\"\n", 10);
    text[sizeof(text) - 1] = '\0';
    fa_buf_put_u8(buf, UINT8_MAX);
    fa_buf_put_u32(buf, ENOSPC);
    fa_buf_put_u32(buf, sizeof(text) - 1);
    fa_buf_put(buf, text, sizeof(text) - !ended);
}

static void put_lie(struct fa_buf *buf, const char *lie)
{
    if (strcmp(lie, "unknown") == 0)
        put_digests(buf, 0x80, 1, 1);
    else if (strcmp(lie, "zero") == 0)
        put_digests(buf, 0, 1, 1);
    else if (strcmp(lie, "two bits") == 0)
        put_digests(buf, FA_HASH_SHA256 | FA_HASH_MD5, 1, 1);
    else if (strcmp(lie, "twice") == 0)
        put_digests(buf, FA_HASH_SHA256, 2, 2);
    else if (strcmp(lie, "none") == 0)
        put_digests(buf, 0, 0, 0);
    else if (strcmp(lie, "more") == 0)
        put_digests(buf, FA_HASH_MD5, 1, 1);
    else if (strcmp(lie, "many") == 0)
        put_digests(buf, FA_HASH_SHA256, 200, 200);
    else if (strcmp(lie, "short") == 0)
        fa_buf_put(buf, "\1\4abc", 5);
    else if (strcmp(lie, "long") == 0)
        put_digests(buf, FA_HASH_SHA256, 1, 2);
    else if (strcmp(lie, "error") == 0)
        put_error(buf, true);
    else if (strcmp(lie, "unended") == 0)
        put_error(buf, false);
    for (int i = 0; strcmp(lie, "huge") == 0 && i < 1000; ++i)
        put_digests(buf, FA_HASH_SHA256, 255, 200);
}

static int run_digest(void *state, struct fa_task *task, struct fa_error *err)
{
    (void)state;
    const char *lie = getenv("FA_TEST_HOSTILE");
    if (strcmp(lie, "domain") == 0 || strcmp(lie, "class") == 0) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, -1, FA_CLASS_LOCAL_IO, "\xff\x9b");
        if (*lie == 'd')
            err->domain = (enum fa_domain)77;
        else
            err->class = (enum fa_class) - 5;
        memset(err->msg, 0xff, sizeof(err->msg));
        return -1;
    }
    struct fa_buf buf;
    fa_buf_init(&buf);
    for (size_t i = 0; i < fa_task_fd_count(task); ++i)
        put_lie(&buf, lie);
    int result = fa_task_reply(task, buf.data, buf.len);
    fa_buf_fini(&buf);
    return result;
}

const struct fa_task_type fa_hostile_tasks[] = {
    {.name = "digest", .run = run_digest},
    {0},
};
