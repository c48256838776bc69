#include "transfer/representation.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

Test(representation, codings_are_gathered_in_one_form)
{
    static const struct {
        const char *before, *value, *after; /* NULL: it is refused */
    } rows[] = {
        {"", "", ""},
        {"", " , ,\t", ""},
        {"", "identity", ""},
        {"", "IDENTITY", ""},
        {"", "gzip", "gzip"},
        {"", "\tGZip ", "gzip"},
        {"", "x-gzip", "x-gzip"},
        {"", "gzip,identity , br", "gzip,br"},
        {"gzip", "identity", "gzip"},
        {"gzip", "br", "gzip,br"},
        {"gzip", "gzip", "gzip,gzip"},
        {"", "identity2", "identity2"},
        {"", "gzip br", NULL},
        {"", "gzip;q=1", NULL},
        {"", "gz\"ip", NULL},
        {"", "gz\x80ip", NULL},
        {"", "gz\x01ip", NULL},
        {"", "123456789-123456789-123456789-123456789", "123456789-123456789-123456789-123456789"},
        {"", "123456789-123456789-123456789-1234567890", NULL},
        {"gzip", "123456789-123456789-123456789-12345", NULL},
        {"gzip", "123456789-123456789-123456789-1234", "gzip,123456789-123456789-123456789-1234"},
    };
    for (size_t i = 0; i < COUNT(rows); ++i) {
        char coding[FA_CODING_MAX] = "";
        memcpy(coding, rows[i].before, strlen(rows[i].before));
        /* In memory of exactly its size, so that a sanitizer detects reads past the end. */
        size_t len = strlen(rows[i].value);
        char *value = malloc(len ? len : 1);
        memcpy(value, rows[i].value, len);
        int result = fa_coding_append(coding, value, len);
        free(value);
        cr_assert_eq(result, rows[i].after ? 0 : -1, "%s", rows[i].value);
        if (rows[i].after) {
            cr_assert_str_eq(coding, rows[i].after);
            cr_assert(fa_coding_is_good(coding), "%s", coding);
        }
    }
    char coding[FA_CODING_MAX] = "";
    cr_assert_eq(fa_coding_append(coding, "gz\0ip", 5), -1);
    cr_assert_eq(fa_coding_append(coding, "gzip,br", 4), 0);
    cr_assert_str_eq(coding, "gzip");
}

Test(representation, coding_that_is_not_in_that_form_is_not_good)
{
    static const char *const rows[] = {
        "GZIP",     " gzip",        "gzip,",
        ",gzip",    "gzip, br",     "gzip,,br",
        "identity", "gzip\r\nX: 1", "123456789-123456789-123456789-1234567890",
    };
    for (size_t i = 0; i < COUNT(rows); ++i)
        cr_assert_not(fa_coding_is_good(rows[i]), "%s", rows[i]);
    cr_assert(fa_coding_is_good(""));
}

#define TAG(tag, date)                                    \
    {                                                     \
        .etag = (tag), .modified = (date), .strong = true \
    }

Test(representation, later_answer_is_other_the_same_or_disputed)
{
    static const struct {
        struct fa_representation known, later;
        enum fa_likeness likeness;
    } rows[] = {
        {{.validator = TAG("\"a\"", -1), .coding = "", .total = 9},
         {.validator = TAG("\"a\"", -1), .coding = "", .total = 9},
         FA_LIKENESS_SAME},
        {{.validator = TAG("\"a\"", -1), .coding = "", .total = 9},
         {.validator = TAG("\"a\"", -1), .coding = "", .total = 8},
         FA_LIKENESS_DISPUTED},
        {{.validator = TAG("\"a\"", -1), .coding = "", .total = 9},
         {.validator = TAG("\"a\"", -1), .coding = "", .total = 10},
         FA_LIKENESS_DISPUTED},
        {{.validator = TAG("\"a\"", -1), .coding = "", .total = 9},
         {.validator = TAG("\"a\"", -1), .coding = "", .total = 0},
         FA_LIKENESS_DISPUTED},
        {{.validator = TAG("\"a\"", -1), .coding = "", .total = 9},
         {.validator = TAG("\"a\"", -1), .coding = "", .total = -1},
         FA_LIKENESS_SAME},
        {{.validator = TAG("\"a\"", -1), .coding = "", .total = -1},
         {.validator = TAG("\"a\"", -1), .coding = "", .total = 9},
         FA_LIKENESS_SAME},
        {{.validator = TAG("\"a\"", -1), .coding = "br", .total = 9},
         {.validator = TAG("\"a\"", -1), .coding = "br", .total = 8},
         FA_LIKENESS_DISPUTED},
        {{.validator = TAG("\"a\"", -1), .coding = "br", .total = 9},
         {.validator = TAG("\"a\"", -1), .coding = "", .total = 8},
         FA_LIKENESS_NONE},
        {{.validator = TAG("\"a\"", -1), .coding = "", .total = 9},
         {.validator = TAG("\"a\"", -1), .coding = "br", .total = 9},
         FA_LIKENESS_NONE},
        {{.validator = TAG("\"a\"", -1), .coding = "", .total = 9},
         {.validator = TAG("\"b\"", -1), .coding = "", .total = 9},
         FA_LIKENESS_NONE},
        {{.validator = TAG("\"a\"", 5), .coding = "", .total = 9},
         {.validator = TAG("\"b\"", 5), .coding = "", .total = 8},
         FA_LIKENESS_NONE},
        {{.validator = TAG("\"a\"", 5), .coding = "", .total = 9},
         {.validator = TAG("\"a\"", 6), .coding = "", .total = 8},
         FA_LIKENESS_DISPUTED},
        {{.validator = TAG("\"a\"", 5), .coding = "", .total = 9},
         {.validator = TAG("", 5), .coding = "", .total = 8},
         FA_LIKENESS_DISPUTED},
        {{.validator = TAG("\"a\"", 5), .coding = "", .total = 9},
         {.validator = TAG("", 6), .coding = "", .total = 8},
         FA_LIKENESS_NONE},
        {{.validator = TAG("", 5), .coding = "", .total = 9},
         {.validator = TAG("\"a\"", 5), .coding = "", .total = 8},
         FA_LIKENESS_DISPUTED},
        {{.validator = TAG("", 5), .coding = "", .total = 9},
         {.validator = TAG("", -1), .coding = "", .total = 9},
         FA_LIKENESS_NONE},
        {{.validator = {.etag = "W/\"a\"", .modified = 5}, .coding = "", .total = 9},
         {.validator = {.etag = "W/\"a\"", .modified = 5}, .coding = "", .total = 8},
         FA_LIKENESS_NONE},
        {{.validator = {.modified = -1}, .coding = "", .total = 9},
         {.validator = {.modified = -1}, .coding = "", .total = 8},
         FA_LIKENESS_NONE},
    };
    for (size_t i = 0; i < COUNT(rows); ++i)
        cr_assert_eq(fa_representation_compare(&rows[i].known, &rows[i].later), rows[i].likeness,
                     "%zu", i);
    cr_assert_eq(fa_representation_compare(&fa_representation_none, &rows[0].later),
                 FA_LIKENESS_NONE);
}
