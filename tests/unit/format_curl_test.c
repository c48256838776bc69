#include "list/list.h"

#include "support/transcript.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(format_curl, .init = fa_transcript_begin, .fini = fa_transcript_end, .timeout = 60.0);

static const struct fa_list_options chosen = {.format = FA_LIST_FORMAT_CURL};
static const struct fa_list_options guessed = {.base = "http://h/"};

static void expect(const char *text, const char *expected, const char *why)
{
    fa_transcript_expect("list", text, &chosen, expected, why);
}

Test(format_curl, urls_and_outputs_are_paired_in_any_order)
{
    expect("url=\"http://h/1\"\noutput=\"a/b\"\n\nurl = http://h/2\noutput: c\n",
           "1:http://h/1\n out=a/b|4:http://h/2\n out=c|.", NULL);
    expect("output a\nurl http://h/1\n-o b\n--url http://h/2\r\n",
           "1:http://h/1\n out=a|3:http://h/2\n out=b|.", NULL);
    expect("url=http://h/1\nurl=http://h/2\noutput=a\noutput=b\n",
           "1:http://h/1\n out=a|2:http://h/2\n out=b|.", NULL);
    expect("url=http://h/1\n-O\nurl=http://h/2\noutput=b\nhttp://h/3\n",
           "1:http://h/1|3:http://h/2\n out=b|5:http://h/3|.", NULL);
}

Test(format_curl, quoted_values_are_unescaped)
{
    expect("url=\"http://h/a b\\\"\"\noutput=\"a\\\\b \\q#\" ignored\n",
           "1:http://h/a b\"\n out=a\\b q#|.", NULL);
    expect("url=\"http://h/1\"\noutput=\"a\\nb\"\n", "1!:http://h/1|.", "control byte");
    expect("url = http://h/1 # comment\n  # comment\n", "1:http://h/1|.", NULL);
}

Test(format_curl, options_are_those_of_a_section)
{
    expect(
        "header = \"A: b\"\n-A me\nrange = 0-3\noutput-dir = d\nremote-name-all\nurl=http://h/1\n"
        "url=http://h/2\nnext\nurl=http://h/3\n",
        "6:http://h/1\n dir=d\n range=0-3\n header=A: b\n header=User-Agent: me|"
        "7:http://h/2\n dir=d\n range=0-3\n header=A: b\n header=User-Agent: me|9:http://h/3|.",
        NULL);
    expect("url=http://h/1\n-O\nurl=http://h/2\n-O\nheader=\"A: b\"\n",
           "1:http://h/1|3:http://h/2|5!:header=\"A: b\"|.", "put it before them");
}

Test(format_curl, cookies_and_tokens_are_headers)
{
    expect("cookie = \"a=b; c=d\"\noauth2-bearer = t\nurl=http://h/1\n",
           "3:http://h/1\n header=Cookie: a=b; c=d\n header=Authorization: Bearer t|.", NULL);
    expect("url=http://h/1\n-b jar\nnext\nurl=http://h/2\n", "1!:http://h/1|4:http://h/2|.",
           "'cookie' is not supported here: use --cookies");
}

/* Without it the request would go a way that the user has not chosen. */
Test(format_curl, another_way_of_the_request_is_refused)
{
    expect("url=http://h/1\nproxy=http://p:1\nnext\nurl=http://h/2\n-x p\nnext\nurl=http://h/3\n"
           "socks5-hostname p\nnext\nurl=http://h/4\nconnect-to=::p:\n",
           "1!:http://h/1|4!:http://h/2|7!:http://h/3|10!:http://h/4|.",
           "'connect-to' is not supported here: use --resolve");
    expect("url=http://h/1\nurl-query=a\n", "1!:http://h/1|.", "is not one of a download");
}

Test(format_curl, what_is_not_a_download_is_refused)
{
    expect("url=http://h/1\ndata=x\nnext\nurl=http://h/2\n", "1!:http://h/1|4:http://h/2|.",
           "'data' is not one of a download");
    expect("url=http://h/[1-3]\nnext\nurl=http://h/{a}\ngloboff\nnext\nurl=http://[::1]/",
           "1!:http://h/[1-3]|3:http://h/{a}|6:http://[::1]/|.", "patterns");
    expect("output=a\n", "1!:a|.", "an output without a URL");
    expect("url=http://h/1\noutput=-\n", "1!:http://h/1|.", "standard output");
    expect("header=@file\nurl=http://h/1\n", "1!:header=@file|2:http://h/1|.", "--header @FILE");
}

Test(format_curl, unknown_options_are_reported_once)
{
    expect("--create-dirs\n--location\n-sk\n--retry 3\nuser = a:b\nurl=http://h/1\nuser = c:d\n",
           "6:http://h/1\n user|.", NULL);
}

Test(format_curl, more_urls_than_wait_for_an_output_are_named_by_themselves)
{
    char *text = calloc(1, 8192), *expected = calloc(1, 8192);
    char *at = text, *to = expected;
    for (int i = 1; i <= 100; ++i) {
        at += sprintf(at, "url=http://h/%d\n", i);
        to += sprintf(to, "%d:http://h/%d|", i, i);
    }
    strcpy(to, ".");
    expect(text, expected, NULL);
    at += sprintf(at, "output=a\n");
    strcpy(to, "");
    struct fa_transcript *transcript = fa_transcript_read_with(
        (fa_transcript_put(text, strlen(text)), fa_transcript_path()), &chosen);
    cr_expect(strstr(transcript->text, "|100:http://h/100|101!:output=a|."), "%s",
              transcript->text);
    free(transcript);
    free(text);
    free(expected);
}

Test(format_curl, it_is_recognized_by_its_first_line)
{
    fa_transcript_expect("list", "# curl -K\n\nurl=\"http://h/1\"\noutput=x\n", &guessed,
                         "3:http://h/1\n out=x|.", NULL);
    fa_transcript_expect("list", "--create-dirs\nurl=\"http://h/1\"\n", &guessed, "2:http://h/1|.",
                         NULL);
    fa_transcript_expect("list", "---\nhttp://h/1\n", &guessed, "1:---|2:http://h/1|.", NULL);
    fa_transcript_expect("list", "url\nhttp://h/1\n", &guessed, "1:url|2:http://h/1|.", NULL);
    fa_transcript_expect("list", "output = x\nurl=http://h/1\n", &guessed, "1:http://h/1\n out=x|.",
                         NULL);
    fa_transcript_expect("list", "output\nhttp://h/1\n", &guessed, "1:output|2:http://h/1|.", NULL);
    fa_transcript_expect("list", "out=x\nhttp://h/1\n", &guessed, "1:out=x|2:http://h/1|.", NULL);
    fa_transcript_expect("list", "--x\nhttp://h/1\n", &guessed, "2:http://h/1\n x|.", NULL);
}
