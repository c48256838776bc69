/* Any bytes are an entry, as text and packed: good, or bad with a reason; a good one is the same
 * after it was written and read again, in both forms. */
#undef NDEBUG
#include "list/packed.h"
#include "list/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void same_string(const char *a, const char *b)
{
    assert(!a == !b);
    assert(!a || strcmp(a, b) == 0);
}

static void check_clean(const char *text)
{
    for (; text && *text; ++text)
        assert(((unsigned char)*text >= 0x20 || *text == '\t') && *text != 0x7f);
}

static void check(const struct fa_entry *entry)
{
    assert(entry->n_urls >= 1);
    assert(entry->size >= -1);
    if (entry->error.class != FA_CLASS_NONE) {
        assert(entry->error.class == FA_CLASS_BAD_URL && entry->error.msg[0]);
        assert(entry->n_urls == 1 && entry->n_headers == 0 && entry->n_unknown == 0 &&
               !entry->out && !entry->dir);
        return;
    }
    for (size_t i = 0; i < entry->n_urls; ++i) {
        assert(entry->urls[i][0] && !strchr(entry->urls[i], '\t'));
        check_clean(entry->urls[i]);
    }
    for (size_t i = 0; i < entry->n_headers; ++i) {
        assert(strchr(entry->headers[i], ':') > entry->headers[i]);
        check_clean(entry->headers[i]);
    }
    check_clean(entry->out);
    check_clean(entry->dir);
    for (size_t i = 0; i < entry->n_unknown; ++i) {
        check_clean(entry->unknown[i].name);
        check_clean(entry->unknown[i].value);
    }
}

static void check_same(const struct fa_entry *one, const struct fa_entry *two)
{
    assert(two && two->n_urls == one->n_urls && two->n_headers == one->n_headers);
    assert(two->error.class == FA_CLASS_NONE && two->n_unknown == one->n_unknown);
    for (size_t i = 0; i < one->n_urls; ++i)
        same_string(one->urls[i], two->urls[i]);
    for (size_t i = 0; i < one->n_headers; ++i)
        same_string(one->headers[i], two->headers[i]);
    for (size_t i = 0; i < one->n_unknown; ++i) {
        same_string(one->unknown[i].name, two->unknown[i].name);
        same_string(one->unknown[i].value, two->unknown[i].value);
    }
    same_string(one->out, two->out);
    same_string(one->dir, two->dir);
    assert(one->hash == two->hash && one->size == two->size);
    assert(memcmp(one->hash_bytes, two->hash_bytes, fa_hash_size(one->hash)) == 0);
}

static void check_packed(const struct fa_entry *entry)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_entry_pack(entry, NULL, &buf);
    assert(!buf.failed && !memchr(buf.data, '\n', buf.len));
    struct fa_entry *copy = fa_entry_unpack("list", 1, (const char *)buf.data, buf.len, NULL);
    check_same(entry, copy);
    fa_entry_free(copy);
    fa_buf_fini(&buf);
}

static void check_text(const struct fa_entry *entry)
{
    char *text = fa_text_write(entry, NULL);
    assert(text);
    struct fa_entry *copy = fa_text_parse("list", 1, text, strlen(text), NULL);
    check_same(entry, copy);
    fa_entry_free(copy);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *text = (const char *)data;
    struct fa_entry *entry = fa_text_parse("list", 1, text, len, NULL);
    assert(entry);
    check(entry);
    if (entry->error.class == FA_CLASS_NONE) {
        check_text(entry);
        check_packed(entry);
    }
    fa_entry_free(entry);

    entry = fa_entry_unpack("list", 1, text, len, NULL);
    assert(entry);
    check(entry);
    if (entry->error.class == FA_CLASS_NONE)
        check_packed(entry);
    fa_entry_free(entry);

    struct fa_error why = {0};
    fa_error_set(&why, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "fuzzed");
    entry = fa_entry_bad("list", 1, text, len, &why, NULL);
    assert(entry);
    check(entry);
    fa_entry_free(entry);
    return 0;
}
