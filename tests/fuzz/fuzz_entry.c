/* Any bytes are an entry: good, or bad with a reason; and its text parses to the same again. */
#undef NDEBUG
#include "list/entry.h"

#include <assert.h>
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
    assert(entry->unknown ? entry->n_unknown > 0 : entry->n_unknown == 0);
    if (entry->error.class != FA_CLASS_NONE) {
        assert(entry->error.class == FA_CLASS_BAD_URL && entry->error.msg[0]);
        assert(entry->n_urls == 1 && entry->n_headers == 0 && !entry->out && !entry->dir);
        return;
    }
    for (size_t i = 0; i < entry->n_urls; ++i) {
        assert(entry->urls[i][0] && !strpbrk(entry->urls[i], " \t"));
        check_clean(entry->urls[i]);
    }
    for (size_t i = 0; i < entry->n_headers; ++i) {
        assert(strchr(entry->headers[i], ':') > entry->headers[i]);
        check_clean(entry->headers[i]);
    }
    check_clean(entry->out);
    check_clean(entry->dir);
    check_clean(entry->unknown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fa_entry *one = fa_entry_parse("list", 1, (const char *)data, len, NULL);
    assert(one);
    check(one);
    assert(one->text_len == len && (len == 0 || memcmp(one->text, data, len) == 0));

    struct fa_entry *two = fa_entry_parse("list", 1, one->text, one->text_len, NULL);
    assert(two && two->n_urls == one->n_urls && two->n_headers == one->n_headers);
    for (size_t i = 0; i < one->n_urls; ++i)
        same_string(one->urls[i], two->urls[i]);
    same_string(one->out, two->out);
    same_string(one->dir, two->dir);
    same_string(one->unknown, two->unknown);
    same_string(one->error.msg, two->error.msg);
    assert(one->hash == two->hash && one->size == two->size);
    fa_entry_free(two);

    struct fa_error why = {0};
    fa_error_set(&why, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "fuzzed");
    struct fa_entry *bad = fa_entry_bad("list", 1, (const char *)data, len, &why, NULL);
    assert(bad);
    check(bad);
    fa_entry_free(bad);
    fa_entry_free(one);
    return 0;
}
