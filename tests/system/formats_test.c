/* Lists as other programs write them, of a folder with names that are hard to write. */

#include "support/fetch.h"
#include "support/nginx.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fa_scratch scratch;
static struct fa_nginx nginx;
static struct fa_run run;
static char base[64];

static const char *const names[] = {"a.iso", "d e/\xc3\xa4#?%41.bin", "b[1]|{x}.txt", "c\\d",
                                    "e\"f,g'.csv"};
#define NAMES (sizeof(names) / sizeof(*names))

static void begin(void)
{
    fa_scratch_init(&scratch);
    for (size_t i = 0; i < NAMES; ++i) {
        char name[64];
        snprintf(name, sizeof(name), "www/%s", names[i]);
        fa_scratch_write(&scratch, name, names[i]);
    }
    fa_nginx_start(
        &nginx, &scratch,
        &(struct fa_nginx_options){.root = fa_scratch_path(&scratch, "www"), .access_log = true});
    snprintf(base, sizeof(base), "http://127.0.0.1:%d/", nginx.port);
}

static void end(void)
{
    fa_run_end(&run);
    fa_nginx_stop(&nginx);
    fa_scratch_fini(&scratch);
}

TestSuite(formats, .init = begin, .fini = end, .timeout = 60.0);

/* Run a command in a folder of the scratch; $BASE is the URL of www. */
static void shell(const char *folder, const char *command)
{
    char *line = NULL;
    cr_assert(asprintf(&line, "cd '%s/%s' && BASE=%s && %s", scratch.path, folder, base, command) >
              0);
    cr_assert_eq(system(line), 0, "%s", line);
    free(line);
}

/* Download a list into the folder out, which is then that of the server. */
static void fetch_all(const char *list, const char *option, const char *value)
{
    fa_file_remove(fa_scratch_path(&scratch, "out"));
    fa_run_start(&run, NULL, "-d", fa_scratch_path(&scratch, "out"), "--progress", "none",
                 "--report", fa_scratch_path(&scratch, "report"),
                 fa_scratch_path(&scratch, "%s", list), option, value, NULL);
    cr_assert_eq(fa_run_wait(&run, 20), 0, "%s", fa_run_err(&run));
    fa_run_end(&run);
    shell("", "diff -r -x .fetchall www out");
}

/* What curl makes of a URL is sent; the server logs it. */
Test(formats, urls_as_people_have_them_are_requested_encoded)
{
    static const char *const urls[] = {"b[1]|{x}.txt?q=[|{\\ \xc3\xa4", "\xc3\xb6 \xc3\xa4.txt",
                                       "d e\\f?a=b c+d"};
    static const char *const requests[] = {"/b%5B1%5D%7C%7Bx%7D.txt?q=%5B%7C%7B%5C%20%C3%A4 ",
                                           "/%C3%B6%20%C3%A4.txt ", "/d%20e/f?a=b%20c+d "};
    char text[1024] = "";
    for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); ++i) {
        strcat(strcat(strcat(text, base), urls[i]), "\n");
    }
    fa_run_start(&run, NULL, "-d", fa_scratch_path(&scratch, "out"), "-v", "--progress", "none",
                 "--retries", "0", fa_scratch_write(&scratch, "list", text), NULL);
    fa_run_wait(&run, 20);
    char *log = fa_file_read(nginx.access_log, NULL);
    for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); ++i) {
        cr_expect(strstr(log, requests[i]), "%s: %s", requests[i], log);
    }
    cr_expect(strstr(fa_run_err(&run), "URL requested as http://127.0.0.1"), "%s",
              fa_run_err(&run));
    cr_expect(strstr(fa_run_err(&run), "/b%5B1%5D%7C%7Bx%7D.txt?q="), "%s", fa_run_err(&run));
    free(log);
}

Test(formats, json_lines_of_jq_are_lists)
{
    shell("www",
          "find * -type f | jq -Rc --arg base \"$BASE\" '{id: ., width: 3, caption: \"a\\nb\", "
          "link: ($base + (split(\"/\") | map(@uri) | join(\"/\")))}' >../list.jsonl");
    fetch_all("list.jsonl", "--columns", "url=link,out=id");
    shell("", "test $(grep -c . report) = 5");
}

Test(formats, csv_of_sqlite_and_tsv_of_jq_are_lists)
{
    shell("www", "find * -type f | jq -R --arg base \"$BASE\" '{id: ., width: \"a\\nb,\\\"\", "
                 "link: ($base + (split(\"/\") | map(@uri) | join(\"/\")))}' >../objects");
    shell("",
          "jq -s . objects >array && sqlite3 -csv -header :memory: \"SELECT value->>'id' AS id, "
          "value->>'width' AS width, value->>'link' AS link FROM "
          "json_each(readfile('array'))\" >list.csv");
    fetch_all("list.csv", "--columns", "url=link,out=id");
    shell(
        "",
        "(printf 'out\\turl\\n' && jq -r '[.id, .link] | @tsv' objects | sed 's/\\\\\\\\/\\\\/g') >list.tsv");
    fetch_all("list.tsv", "--format", "tsv");
}

/* curl reads the same file: what it downloads is compared. */
Test(formats, a_config_file_of_curl_is_a_list)
{
    shell(
        "www",
        "(printf -- '--create-dirs\\n--globoff\\n--fail\\n--silent\\nheader = \"X-A: b\"\\n\\n' && "
        "find * -type f | jq -Rr --arg base \"$BASE\" "
        "'\"url=\" + ($base + (split(\"/\") | map(@uri) | join(\"/\")) | tojson) + "
        "\"\\noutput=\" + tojson + \"\\n\"') >../config");
    shell("", "mkdir curl && cd curl && curl -K ../config && cd .. && diff -r www curl");
    fetch_all("config", "--sandbox", "auto");
}

/* As RFC 5854 says; no program of Debian writes one. */
Test(formats, a_metalink_is_a_list)
{
    shell(
        "www",
        "(printf '<?xml version=\"1.0\" encoding=\"UTF-8\"?>\\n<metalink xmlns=\"urn:ietf:params:xml:"
        "ns:metalink\"><published>2026-01-01T00:00:00Z</published>' && "
        "find * -type f | while IFS= read -r f; do "
        "printf '%s\\n' \"$f\" | jq -Rr --arg base \"$BASE\" --arg size $(stat -c %s \"$f\") "
        "--arg sum $(sha256sum <\"$f\" | cut -d' ' -f1) "
        "'\"<file name=\\\"\\(. | @html)\\\"><size>\\($size)</size>"
        "<hash type=\\\"sha-256\\\">\\($sum)</hash>"
        "<url priority=\\\"2\\\">\\($base)missing</url><url priority=\\\"1\\\">"
        "\\($base + (split(\"/\") | map(@uri) | join(\"/\")) | @html)</url></file>\"'; done && "
        "printf '</metalink>') >../list.meta4 && xmllint --noout ../list.meta4");
    fetch_all("list.meta4", "--sandbox", "auto");
}

/* A bag whose payload is on the server. */
static void make_bag(const char *version)
{
    char *bagit = NULL;
    cr_assert(asprintf(&bagit, "%s\nTag-File-Character-Encoding: UTF-8\n", version) > 0);
    fa_scratch_write(&scratch, "bag/bagit.txt", bagit);
    free(bagit);
    shell("", "mkdir tmp && cp -r www tmp/data && cd tmp && find data -type f | "
              "while IFS= read -r f; do printf '%s  %s\\n' $(sha512sum <\"$f\" | cut -d' ' -f1) "
              "\"$(printf %s \"$f\" | sed s/%/%25/g)\"; "
              "done >../bag/manifest-sha512.txt && find data -type f | while IFS= read -r f; do "
              "printf '%s %s %s\\n' \"$BASE$(printf %s \"${f#data/}\" | jq -sRr "
              "'split(\"/\") | map(@uri) | join(\"/\")')\" $(stat -c %s \"$f\") "
              "\"$(printf %s \"$f\" | sed s/%/%25/g)\"; done >../bag/fetch.txt");
}

static void run_bag(int expected, const char *message)
{
    fa_run_end(&run);
    fa_run_start(&run, NULL, "-d", fa_scratch_path(&scratch, "bag"), "--progress", "none",
                 fa_scratch_path(&scratch, "bag/fetch.txt"), "--sandbox", "auto", NULL);
    int status = fa_run_wait(&run, 20);
    cr_expect_eq(status, expected, "%d: %s", status, fa_run_err(&run));
    cr_expect_not_null(strstr(fa_run_err(&run), message), "%s", fa_run_err(&run));
}

Test(formats, the_fetch_file_of_a_bag_is_a_list_and_the_bag_is_whole_then)
{
    make_bag("BagIt-Version: 1.0");
    shell("bag", "find ../www -type f -printf '%s\\n' | "
                 "awk '{n += $1} END {print \"Payload-Oxum: \" n \".\" NR}' >bag-info.txt && "
                 "md5sum *.txt >tagmanifest-md5.txt");
    run_bag(0, "fetchall: the bag '");
    cr_expect_not_null(strstr(fa_run_err(&run), "' is whole: 9 good files ("), "%s",
                       fa_run_err(&run));
    shell("", "diff -r www bag/data");
}

/* Only the files of the list are new: what came with the bag is checked, too. */
Test(formats, a_bag_that_is_not_whole_is_an_integrity_failure)
{
    make_bag("BagIt-Version: 1.0");
    shell("bag", "mkdir data && printf x >data/more && printf x >data/unlisted && "
                 "printf '%s  data/more\\n' $(printf y | sha512sum | cut -d' ' -f1) "
                 ">>manifest-sha512.txt");
    run_bag(3, "fetchall: bag: changed: data/more: its sha512 is another\n");
    cr_expect_not_null(strstr(fa_run_err(&run), "data/unlisted: it is in no payload manifest\n"));
    cr_expect_not_null(strstr(fa_run_err(&run), "' is not whole: 5 good files ("));
    fa_run_end(&run);
    fa_run_start(&run, NULL, "verify", "-d", fa_scratch_path(&scratch, "bag"), NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 3);
    cr_expect_str_eq(fa_run_out(&run), "changed     data/more: its sha512 is another\n"
                                       "invalid     data/unlisted: it is in no payload manifest\n");
    shell("bag", "rm data/more");
    run_bag(3, "fetchall: bag: missing: data/more\n");
}

Test(formats, a_bag_is_checked_only_if_the_run_completes_it)
{
    make_bag("BagIt-Version: 1.0");
    fa_run_start(&run, NULL, "-d", fa_scratch_path(&scratch, "out"), "--progress", "none",
                 fa_scratch_path(&scratch, "bag/fetch.txt"), NULL);
    cr_expect_eq(fa_run_wait(&run, 20), 0);
    cr_expect_not_null(strstr(fa_run_err(&run), "bag' is not checked: its files are in another "),
                       "%s", fa_run_err(&run));
    shell("bag", "printf '%sgone - data/gone\\n' $BASE >>fetch.txt && "
                 "printf '%s  data/gone\\n' $(printf y | sha512sum | cut -d' ' -f1) "
                 ">>manifest-sha512.txt");
    run_bag(1, "bag' is not checked: it is not complete\n");
}

Test(formats, checksum_files_of_coreutils_are_lists)
{
    static const char *const commands[] = {
        "find . -type f -print0 | xargs -0 sha256sum >../SUMS",
        "find * -type f -print0 | xargs -0 sha512sum --tag >../SUMS",
        "find . -type f -print0 | xargs -0 md5sum -b | gzip >../SUMS",
    };
    for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); ++i) {
        shell("www", commands[i]);
        fetch_all("SUMS", "--base", base);
    }
    shell("", "gunzip <SUMS >plain && cd out && md5sum --quiet -c ../plain");
}
