#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/events.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/report.h"
#include "cli/run_id.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct fa_digest digests[] = {{FA_HASH_MD5, {0xd4, 0x1d, 0x8c, 0xd9}},
                                           {FA_HASH_SHA1, {0xda, 0x39}}};

static const struct fa_result downloaded = {
    .list = "urls.txt",
    .line = 17,
    .url = "https://u:***@h/a.iso",
    .path = "a.iso",
    .origin = "https://h:443",
    .status = FA_STATUS_OK,
    .http = 200,
    .bytes = 1234,
    .size = 1000,
    .resumed = 5,
    .attempts = 2,
    .digests = digests,
    .n_digests = 2,
    .effective_url = "https://m/a.iso",
    .ip = "192.0.2.7",
    .http_version = "1.1",
    .mode = FA_MODE_THREAD,
    .time = {0.1234567, 0, 0.25, 0.5, 1, 2.0000004, 3},
};

static char *line_of(json_t *object)
{
    cr_assert_not_null(object);
    char *line = fa_json_line(object, false);
    json_decref(object);
    return line;
}

Test(report, columns_of_the_list_are_an_object)
{
    static const struct fa_list_column columns[] = {{"id", "7"}, {"note", "\"x\""}};
    struct fa_result result = downloaded;
    result.columns = columns;
    result.n_columns = COUNT(columns);
    char *line = line_of(fa_report_object(&result));
    cr_expect(strstr(line, ", \"columns\": {\"id\": \"7\", \"note\": \"\\\"x\\\"\"}}"), "%s", line);
    free(line);
}

Test(report, has_the_fields_of_the_contract_in_its_order)
{
    char *line = line_of(fa_report_object(&downloaded));
    cr_assert_str_eq(
        line,
        "{\"line\": 17, \"url\": \"https://u:***@h/a.iso\", \"path\": \"a.iso\", "
        "\"status\": \"ok\", \"class\": null, \"error\": null, \"http\": 200, \"bytes\": 1234, "
        "\"size\": 1000, \"resumed\": 5, \"restarted\": null, \"attempts\": 2, "
        "\"digest\": {\"md5\": \"d41d8cd9000000000000000000000000\", "
        "\"sha1\": \"da39000000000000000000000000000000000000\"}, "
        "\"effective_url\": \"https://m/a.iso\", \"ip\": \"192.0.2.7\", "
        "\"http_version\": \"1.1\", \"encoding\": null, \"mode\": \"thread\", "
        "\"time\": {\"queue\": 0.123457, \"dns\": 0.0, \"connect\": 0.25, \"tls\": 0.5, "
        "\"ttfb\": 1.0, \"total\": 2.0, \"hash\": 3.0}}");
    free(line);
}

Test(report, what_caches_say_is_there_if_they_say_it)
{
    struct fa_result result = downloaded;
    char *line = line_of(fa_report_object(&result));
    cr_expect_not(strstr(line, "cache"), "%s", line);
    free(line);
    result.cache = FA_CACHE_MISS;
    line = line_of(fa_report_object(&result));
    cr_expect(strstr(line, ", \"cache\": {\"hit\": false, \"age\": null}}"), "%s", line);
    free(line);
    result.cache = FA_CACHE_HIT;
    result.age = 42;
    line = line_of(fa_report_object(&result));
    cr_expect(strstr(line, ", \"cache\": {\"hit\": true, \"age\": 42}}"), "%s", line);
    free(line);
}

Test(report, a_file_that_nothing_vouches_for_is_not_verified)
{
    struct fa_result result = {.url = "http://h/a", .path = "a", .status = FA_STATUS_EXISTS};
    json_t *object = fa_report_object(&result);
    cr_assert_null(json_object_get(object, "verified"));
    json_decref(object);
    result.unverified = true;
    object = fa_report_object(&result);
    cr_assert(json_is_false(json_object_get(object, "verified")));
    json_decref(object);
}

Test(report, absent_values_are_null)
{
    struct fa_result result = {
        .line = 3, .url = "nonsense", .status = FA_STATUS_FAILED, .size = -1};
    fa_error_set(&result.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "no scheme");
    json_t *object = fa_report_object(&result);
    static const char *const nulls[] = {"path", "http",          "size",        "digest",
                                        "ip",   "effective_url", "http_version"};
    for (size_t i = 0; i < COUNT(nulls); ++i)
        cr_assert(json_is_null(json_object_get(object, nulls[i])), "%s", nulls[i]);
    cr_assert_str_eq(json_string_value(json_object_get(object, "class")), "bad_url");
    cr_assert_str_eq(json_string_value(json_object_get(object, "error")), "no scheme");
    json_decref(object);
}

Test(report, a_plan_has_no_status)
{
    struct fa_result result = {.url = "http://h/a", .path = "a", .status = FA_STATUS_PLANNED};
    json_t *object = fa_report_object(&result);
    cr_assert(json_is_null(json_object_get(object, "status")));
    json_decref(object);
}

Test(report, bytes_that_are_not_utf8_become_text)
{
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"a\xff"
         "b",
         "a\\xffb"},
        {"\xc3\xbc\xc3", "\xc3\xbc\\xc3"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
        {"tab\there", "tab\there"},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        json_t *string = fa_json_text(cases[i].text);
        cr_assert_not_null(string, "case %zu", i);
        cr_assert_str_eq(json_string_value(string), cases[i].json, "case %zu", i);
        json_decref(string);
    }
}

Test(report, any_two_bytes_make_a_string)
{
    for (unsigned a = 1; a < 256; ++a) {
        for (unsigned b = 1; b < 256; ++b) {
            const char text[] = {(char)a, (char)b, '\0'};
            json_t *string = fa_json_text(text);
            cr_assert_not_null(string, "%02x %02x", a, b);
            json_decref(string);
        }
    }
}

Test(report, a_terminal_gets_ascii_only)
{
    json_t *object = json_pack("{s:s}", "url", "\xc3\xbc\x1b[\xc2\x9b");
    char *line = fa_json_line(object, true);
    for (const char *at = line; *at; ++at)
        cr_assert(*at >= 0x20 && *at < 0x7f);
    json_decref(object);
    free(line);
}

Test(report, a_write_error_is_reported_once)
{
    struct fa_output output = {0};
    struct fa_error err = {0};
    cr_assert_eq(fa_output_open(&output, "report", "/dev/full", &err), 0);
    int errors = 0;
    for (int i = 0; i < 1000; ++i)
        errors += fa_output_json(&output, fa_report_object(&downloaded), &err) != 0;
    errors += fa_output_flush(&output, &err) != 0;
    errors += fa_output_close(&output, &err) != 0;
    cr_assert_eq(errors, 1);
    cr_assert(output.failed);
    cr_assert_str_eq(err.msg, "cannot write the report '/dev/full': No space left on device");
}

Test(report, a_write_error_at_the_very_end_is_reported_too)
{
    struct fa_output output = {0};
    struct fa_error err = {0};
    cr_assert_eq(fa_output_open(&output, "report", "/dev/full", &err), 0);
    cr_assert_eq(fa_output_json(&output, fa_report_object(&downloaded), &err), 0);
    cr_assert_eq(fa_output_close(&output, &err), -1);
    cr_assert_eq(fa_output_close(&output, &err), 0);
}

Test(report, an_output_that_is_not_open_is_silent)
{
    struct fa_output output = {0};
    cr_assert_eq(fa_output_line(&output, "x", NULL), 0);
    cr_assert_eq(fa_output_close(&output, NULL), 0);
}

Test(report, events_have_a_name_a_time_and_their_fields)
{
    struct fa_error error = {.class = FA_CLASS_DNS, .msg = "no such host"};
    struct fa_event cases[5] = {
        {.type = FA_EVENT_STARTED, .started = {"urls.txt", 3, "http://h/a", 1, NULL}},
        {.type = FA_EVENT_RETRY, .retry = {"https://u:p@h/a", 1, "http://h/a", 2, 1.5, &error}},
        {.type = FA_EVENT_HOST, .host = {"http://h:80", FA_HOST_PAUSED, 30, 0, 7, NULL, false}},
        {.type = FA_EVENT_HOST, .host = {"http://h:80", FA_HOST_BROKEN, 0.5, 60, 7, &error, false}},
        {.type = FA_EVENT_NOTICE, .notice = {NULL, 0, "by the way", false}},
    };
    static const char *const lines[] = {
        "{\"event\": \"started\", \"time\": 2.5, \"list\": \"urls.txt\", \"line\": 3, "
        "\"url\": \"http://h/a\", \"attempt\": 1}",
        "{\"event\": \"retry\", \"time\": 2.5, \"list\": null, \"line\": 1, "
        "\"url\": \"http://h/a\", \"attempt\": 2, \"wait\": 1.5, \"class\": \"dns\", \"http\": null, "
        "\"error\": \"no such host\"}",
        "{\"event\": \"host\", \"time\": 2.5, \"origin\": \"http://h:80\", "
        "\"change\": \"paused\", \"wait\": 30.0, \"left\": null, \"entries\": 7, "
        "\"class\": null, \"error\": null}",
        "{\"event\": \"host\", \"time\": 2.5, \"origin\": \"http://h:80\", "
        "\"change\": \"broken\", \"wait\": 0.5, \"left\": 60.0, \"entries\": 7, "
        "\"class\": \"dns\", \"error\": \"no such host\"}",
        "{\"event\": \"notice\", \"time\": 2.5, \"list\": null, \"line\": null, "
        "\"text\": \"by the way\"}",
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        char *line = line_of(fa_events_object(&cases[i], 2.5));
        cr_assert_str_eq(line, lines[i]);
        free(line);
    }
}

Test(report, a_done_event_contains_the_report_object)
{
    struct fa_event event = {.type = FA_EVENT_DONE};
    event.done = downloaded;
    json_t *object = fa_events_object(&event, 1);
    json_t *result = fa_report_object(&downloaded);
    cr_assert(json_equal(json_object_get(object, "result"), result));
    json_decref(object);
    json_decref(result);
}

Test(report, progress_events_come_once_a_second_and_at_the_end)
{
    struct fa_progress p = {.entries = 2, .entries_final = 1, .done = 1};
    double shown = 0;
    cr_assert_not(fa_events_due(&p, 0.5, &shown));
    cr_assert(fa_events_due(&p, 1.1, &shown));
    cr_assert_not(fa_events_due(&p, 1.9, &shown));
    cr_assert(fa_events_due(&p, 2.2, &shown));
    p.done = 2;
    cr_assert(fa_events_due(&p, 2.3, &shown));
}

Test(report, each_event_can_be_read_at_once)
{
    char path[] = "/tmp/fetchall-events-XXXXXX";
    close(mkstemp(path));
    struct fa_events events = {0};
    struct fa_event event = {.type = FA_EVENT_NOTICE, .notice = {NULL, 0, "x", false}};
    cr_assert_eq(fa_output_open(&events.output, "events", path, NULL), 0);
    cr_assert_eq(fa_events_write(&events, &event, 0, NULL), 0);
    json_t *object = json_load_file(path, 0, NULL);
    cr_assert_not_null(object);
    json_decref(object);
    fa_output_close(&events.output, NULL);
    unlink(path);
}

static char *text_of(const char *path)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "r");
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void append(struct fa_output *output, const char *path)
{
    struct fa_error err = {0};
    *output = (struct fa_output){0};
    cr_assert_eq(fa_output_append(output, "report", path, &err), 0, "%s", err.msg);
    cr_assert_eq(fa_output_begin(output, &err), 0, "%s", err.msg);
}

Test(report, appending_keeps_the_file_and_ends_a_line_that_was_cut)
{
    static const char *const before[] = {"", "{}\n", "{}\n{\"line\": 1, "};
    char path[] = "/tmp/fetchall-append-XXXXXX", all[64];
    close(mkstemp(path));
    for (size_t i = 0; i < COUNT(before); ++i) {
        struct fa_output output;
        FILE *file = fopen(path, "w");
        fputs(before[i], file);
        fclose(file);
        append(&output, path);
        cr_assert_eq(fa_output_line(&output, "{\"a\": 1}", NULL), 0);
        cr_assert_eq(fa_output_close(&output, NULL), 0);
        snprintf(all, sizeof(all), "%s%s{\"a\": 1}\n", before[i], i == 2 ? "\n" : "");
        cr_assert_str_eq(text_of(path), all);
    }
    unlink(path);
}

Test(report, lines_of_two_writers_do_not_mix)
{
    enum { LINES = 300 };
    char path[] = "/tmp/fetchall-append-XXXXXX";
    close(mkstemp(path));
    struct fa_output output[2];
    append(&output[0], path);
    append(&output[1], path);
    char *line = malloc(100001);
    for (int i = 0; i < LINES; ++i) {
        /* Some are longer than any buffer. */
        size_t len = i == 150 ? 100000 : (size_t)i * 7 % 3000 + 2;
        memset(line, 'a' + i % 2, len);
        line[len] = '\0';
        cr_assert_eq(fa_output_line(&output[i % 2], line, NULL), 0);
    }
    cr_assert_eq(fa_output_close(&output[0], NULL), 0);
    cr_assert_eq(fa_output_close(&output[1], NULL), 0);
    free(line);
    int lines = 0;
    for (char *at = text_of(path); *at; at = strchr(at, '\n') + 1, ++lines)
        cr_assert_eq(strspn(at, *at == 'a' ? "a" : "b"), strcspn(at, "\n"), "line %d", lines);
    cr_assert_eq(lines, LINES);
    unlink(path);
}

Test(report, each_line_has_the_run_and_the_time)
{
    char path[] = "/tmp/fetchall-append-XXXXXX", id[FA_RUN_ID_MAX];
    close(mkstemp(path));
    fa_run_id(1795835523.5, id);
    cr_assert_str_eq(id, "20261128T031203.500000Z");
    struct fa_output output = {0};
    cr_assert_eq(fa_output_open(&output, "report", path, NULL), 0);
    output.run = id;
    cr_assert_eq(fa_output_json(&output, json_pack("{s:i}", "a", 1), NULL), 0);
    cr_assert_eq(fa_output_close(&output, NULL), 0);
    json_t *object = json_load_file(path, 0, NULL);
    cr_assert_not_null(object, "%s", text_of(path));
    cr_assert_eq(json_integer_value(json_object_get(object, "a")), 1);
    cr_assert_str_eq(json_string_value(json_object_get(object, "run")), id);
    cr_assert_gt(json_real_value(json_object_get(object, "at")), 1e9);
    json_decref(object);
    unlink(path);
}

static struct fa_result unbegun(const char *url, const char *path)
{
    struct fa_result result = {.list = "urls.txt",
                               .line = 17,
                               .url = url,
                               .path = path,
                               .origin = "http://h:80",
                               .status = FA_STATUS_FAILED,
                               .transient = true,
                               .size = -1,
                               .mode = FA_MODE_PROCESS};
    fa_error_set(&result.error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_CANCELLED, "it \"ended\" \xff");
    return result;
}

Test(report, text_of_an_entry_never_started_is_that_of_the_object)
{
    static const struct {
        const char *url, *path;
    } rows[] = {{"http://h/a", "a"},
                {"http://h/\"\\\x01\x1b", NULL},
                {"http://h/\xc3\xa4\xff", "\xe2\x82\xac\x80"},
                {"", ""}};
    for (size_t i = 0; i < 2 * COUNT(rows); ++i) {
        bool ascii = i % 2;
        struct fa_result result = unbegun(rows[i / 2].url, rows[i / 2].path);
        cr_assert(fa_report_is_unbegun(&result));
        json_t *object = fa_report_object(&result);
        char *line = fa_json_line(object, ascii);
        char *text = fa_report_text(&result, ascii);
        cr_assert_str_eq(text, line);
        free(text);
        free(line);
        json_decref(object);
    }
}

Test(report, text_of_other_entries_is_that_of_the_object_too)
{
    struct fa_result rows[9];
    for (size_t i = 0; i < COUNT(rows); ++i)
        rows[i] = unbegun("http://h/a", "a");
    rows[0] = downloaded;
    rows[1].attempts = 1;
    rows[2].error.class = FA_CLASS_HTTP;
    rows[3].http = 503;
    rows[4].bytes = 7;
    rows[5].resumed = 7;
    rows[6].effective_url = "http://h/b";
    rows[7].time.queue = 1.5;
    rows[8].restarted = "x";
    for (size_t i = 0; i < COUNT(rows); ++i) {
        cr_assert_not(fa_report_is_unbegun(&rows[i]), "%zu", i);
        char *line = line_of(fa_report_object(&rows[i]));
        char *text = fa_report_text(&rows[i], false);
        cr_assert_str_eq(text, line, "%zu", i);
        free(text);
        free(line);
    }
}

Test(report, event_of_an_entry_never_started_is_written_like_others)
{
    char *written = NULL;
    size_t len = 0;
    struct fa_error err;
    struct fa_events events = {0};
    struct fa_event event = {.type = FA_EVENT_DONE, .done = unbegun("http://h/a", "a")};
    fa_output_take(&events.output, "events", "x", open_memstream(&written, &len));
    cr_assert_eq(fa_events_write(&events, &event, 2.5, &err), 0);
    cr_assert_eq(fa_output_close(&events.output, &err), 0);
    json_t *is = json_loads(written, 0, NULL);
    json_t *object = fa_events_object(&event, 2.5);
    cr_assert(json_equal(is, object), "%s", written);
    json_decref(is);
    json_decref(object);
    free(written);
}
