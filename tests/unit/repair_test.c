#include "engine/repair.h"

#include "list/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define MD5   "d41d8cd98f00b204e9800998ecf8427e"
#define OTHER "00000000000000000000000000000000"

static struct fa_entry *entry;
static struct fa_repair *repair;

static void begin_with(const char *options, uint64_t size)
{
    entry = fa_text_parse("list", 1, options, strlen(options), NULL);
    repair = fa_repair_new(entry, size);
}

static void end(void)
{
    free(repair);
    fa_entry_free(entry);
}

TestSuite(repair, .fini = end);

/* The stage returns the digest of an empty file for each piece. */
static void take_all(void)
{
    repair->result = (struct fa_stage_result){.n_digests = 1};
    memcpy(repair->result.digests[0].bytes,
           "\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e", 16);
    while (!fa_repair_is_done(repair))
        fa_repair_take(repair);
}

Test(repair, bytes_of_good_pieces_are_kept)
{
    begin_with("http://h/a\n pieces=md5:10:" MD5 MD5 OTHER MD5 OTHER, 45);
    cr_assert_not_null(repair);
    take_all();
    cr_expect(fa_repair_is_useful(repair));
    cr_expect_eq(repair->n_bad, 2);
    cr_expect_eq(repair->first_bad, 2);
    cr_assert_eq(repair->good.count, 2);
    cr_expect(repair->good.items[0].first == 0 && repair->good.items[0].end == 20);
    cr_expect(repair->good.items[1].first == 30 && repair->good.items[1].end == 40);
}

Test(repair, the_last_piece_ends_with_the_file)
{
    begin_with("http://h/a\n pieces=md5:10:" OTHER MD5, 13);
    take_all();
    cr_expect(fa_repair_is_useful(repair));
    cr_expect(repair->good.items[0].first == 10 && repair->good.items[0].end == 13);
}

Test(repair, without_good_or_without_bad_pieces_there_is_nothing_to_mend)
{
    begin_with("http://h/a\n pieces=md5:10:" OTHER OTHER, 20);
    take_all();
    cr_expect_not(fa_repair_is_useful(repair));
    end();
    begin_with("http://h/a\n pieces=md5:10:" MD5 MD5, 20);
    take_all();
    cr_expect_not(fa_repair_is_useful(repair));
    cr_expect_eq(repair->n_bad, 0);
}

Test(repair, a_piece_that_cannot_be_hashed_ends_the_check)
{
    begin_with("http://h/a\n pieces=md5:10:" MD5 OTHER, 20);
    repair->result.error.class = FA_CLASS_LOCAL_IO;
    fa_repair_take(repair);
    cr_expect(fa_repair_is_done(repair));
    cr_expect_not(fa_repair_is_useful(repair));
}

Test(repair, pieces_of_another_size_are_none)
{
    begin_with("http://h/a\n pieces=md5:10:" MD5 MD5, 21);
    cr_expect_null(repair);
    end();
    begin_with("http://h/a", 21);
    cr_expect_null(repair);
}
