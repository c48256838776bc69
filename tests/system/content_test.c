/* What answers say about their content. Each test runs once for each mode. */

#include "support/fixture.h"
#include "support/modes.h"
#include "support/report.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(content, .init = fixture_begin, .fini = fixture_end, .timeout = 90.0);

#define HTML "/fields/Content-Type:%20text%2Fhtml;%20charset=utf-8/100/"

FA_TEST_MODES(content, web_page_is_not_taken_for_an_archive)
{
    add_path(HTML "a.zip");
    add_path(HTML "b");
    fa_lines_add(&list, " out=b.tar.GZ");
    add_path("/redir/302/"
             "%2Ffields%2FContent-Type:%20text%252Fhtml%2F100%2Flogin/c.pdf");
    add_path(HTML "d.html");
    add_path(HTML "e");
    add_path("/fields/Content-Type:%20image%2Fpng/100/f.png");
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 1);
    const int pages[] = {1, 2, 4};
    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        const json_t *entry = fa_fetch_expect_entry(&fetch, pages[i], "failed", "content");
        cr_expect(strstr(fa_report_str(entry, "error"), "a web page"), "%s", mode);
        cr_expect_eq(fa_report_int(entry, "attempts"), 1, "%s", mode);
    }
    fa_fetch_expect_count(&fetch, "ok", 3);
    fa_fetch_expect_no_parts(&fetch);
    cr_expect(strstr(fa_run_err(&fetch.run), "--guard off"), "%s: %s", mode,
              fa_run_err(&fetch.run));
}

FA_TEST_MODES(content, web_page_is_taken_where_the_list_has_its_checksum)
{
    char digest[FA_SHA256_HEX];
    fa_truth_sha256_pattern(HTML "a.zip", 100, digest);
    add_path(HTML "a.zip");
    fa_lines_add(&list, " checksum=sha256=%s", digest);
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 10, 0);
}

FA_TEST_MODES(content, web_page_is_taken_without_the_guard)
{
    add_path(HTML "a.zip");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--guard", "off", NULL);
    fa_fetch_expect(&fetch, 10, 0);
    fa_expect_files(fetch.dir, (struct fa_truth[]){{"a.zip", HTML "a.zip", 100}}, 1);
}

FA_TEST_MODES(content, files_of_other_types_are_refused)
{
    add_path("/fields/Content-Type:%20image%2Fpng/100/a.png");
    add_path(HTML "b.png");
    add_path(HTML "c.png");
    fa_lines_add(&list, " type=text/html,text/plain");
    add_path("/fields/Content-Type:%20image%2Fpng/100/d.png");
    fa_lines_add(&list, " type=video/*");
    fa_fetch_start(&fetch, &scratch, mode, list.text, "--expect-type", "image/*", NULL);
    fa_fetch_expect(&fetch, 10, 1);
    fa_fetch_expect_entry(&fetch, 1, "ok", NULL);
    const json_t *entry = fa_fetch_expect_entry(&fetch, 2, "failed", "content");
    cr_expect_str_eq(fa_report_str(entry, "error"),
                     "200: the Content-Type of the answer is text/html, not 'image/*'");
    cr_expect_eq(fa_report_int(entry, "attempts"), 1);
    fa_fetch_expect_entry(&fetch, 3, "ok", NULL);
    fa_fetch_expect_entry(&fetch, 5, "failed", "content");
    fa_fetch_expect_no_parts(&fetch);
}
