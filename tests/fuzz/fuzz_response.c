/*
 * Any lines are a head with a verdict, or none yet; a verdict once given stays; what is refused has
 * a reason; and of what was asked for, only that is taken.
 */
#undef NDEBUG
#include "transfer/judge.h"
#include "transfer/response.h"
#include "transfer/retry_after.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(const struct fa_response *response)
{
    assert(response->status >= 0 && response->status <= 999);
    assert(response->length >= -1);
    assert(response->retry_after == -1 ||
           (response->retry_after >= 0 && response->retry_after <= FA_RETRY_AFTER_MAX));
    bool whole = response->status == 206 && response->asked.offset == 0 && response->byte_range;
    bool fine = response->status == 200 || response->status == 203 || whole;
    bool rest = response->asked.offset > 0 && response->status == 206;
    const struct fa_head *head = &response->head;
    assert(head->rep.total >= -1 && fa_coding_is_good(head->rep.coding));
    if (response->verdict == FA_VERDICT_FILE) {
        assert((fine || rest) && (response->chunked || !response->bad_length));
        assert(!response->bad_coding && !response->bad_head);
        assert(head->kept == (rest ? response->asked.offset : 0));
        assert(!rest || (head->rep.total > 0 && head->kept < (uint64_t)head->rep.total));
    }
    if (response->verdict == FA_VERDICT_COMPLETE)
        assert(response->status == 416 && response->asked.offset > 0 &&
               head->rep.total == (int64_t)response->asked.offset);
    const struct fa_representation *asked = response->asked.rep;
    bool same = fine && strcmp(head->rep.validator.etag, asked->validator.etag) == 0 &&
                head->rep.validator.strong && head->rep.total == asked->total;
    if (response->verdict == FA_VERDICT_UNCHANGED)
        assert((response->status == 304 || same) && response->asked.conditional);
    if (response->verdict == FA_VERDICT_REDIRECT)
        assert(response->status / 100 == 3 && response->location && response->location[0]);
    if (response->verdict != FA_VERDICT_NONE && response->status < 200)
        assert(response->verdict == FA_VERDICT_ERROR);
}

static void explain(const struct fa_response *response)
{
    struct fa_outcome outcome = {0};
    if (response->verdict != FA_VERDICT_ERROR)
        return;
    fa_judge_explain(response, &outcome);
    assert(outcome.error.class > FA_CLASS_NONE && outcome.error.class < FA_CLASSES);
    assert(outcome.error.msg[0] && outcome.error.code == response->status);
}

/* A line in memory of just its size, without a zero, as libcurl hands it over. */
static void feed(struct fa_response *response, const uint8_t *data, size_t len)
{
    char *line = malloc(len ? len : 1);
    assert(line);
    memcpy(line, data, len);
    enum fa_verdict before = response->verdict;
    fa_response_line(response, line, len, 1000000000);
    assert(before == FA_VERDICT_NONE || response->verdict == before);
    free(line);
    check(response);
}

static void read_head(const uint8_t *data, size_t len, const struct fa_asked *asked)
{
    struct fa_response response;
    fa_response_init(&response, asked);
    while (len > 0) {
        const uint8_t *end = memchr(data, '\n', len);
        size_t n = end ? (size_t)(end - data) + 1 : len;
        feed(&response, data, n);
        data += n;
        len -= n;
    }
    explain(&response);
    fa_response_fini(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct fa_representation had = {
        .validator = {.etag = "\"a\"", .modified = 784111777, .strong = true}, .total = 20};
    static const struct fa_representation coded = {
        .validator = {.etag = "\"a\"", .modified = 784111777, .strong = true},
        .coding = "gzip",
        .total = -1};
    static const struct fa_representation date = {
        .validator = {.modified = 784111777, .strong = true}, .total = -1};
    static const struct fa_asked asked[] = {
        {.rep = &fa_representation_none},
        {.offset = 10, .part_bytes = 10, .rep = &had},
        {.offset = 10, .part_bytes = 10, .rep = &coded},
        {.offset = 10, .part_bytes = 10, .rep = &date},
        {.part_bytes = 10, .rep = &had},
        {.rep = &had},
        {.rep = &had, .conditional = true},
        {.rep = &date, .conditional = true},
    };
    for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); ++i)
        read_head(data, len, &asked[i]);
    return 0;
}
