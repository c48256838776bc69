#include "list/list.h"

#include "support/transcript.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHA1   "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA256 "d41d8cd98f00b204e9800998ecf8427ed41d8cd98f00b204e9800998ecf8427e"
#define OPEN   "<metalink xmlns='urn:ietf:params:xml:ns:metalink'>"
#define CLOSE  "</metalink>"

TestSuite(format_metalink, .init = fa_transcript_begin, .fini = fa_transcript_end, .timeout = 60.0);

static const struct fa_list_options chosen = {.format = FA_LIST_FORMAT_METALINK};
static const struct fa_list_options guessed = {.base = "http://h/"};

static void expect(const char *text, const char *expected, const char *why)
{
    fa_transcript_expect("list", text, &chosen, expected, why);
    fa_transcript_expect("list", text, &guessed, expected, why);
}

/* The example of RFC 5854, 1.1, with hashes of the right length. */
Test(format_metalink, the_example_of_the_rfc_is_read)
{
    expect(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\">\n"
        "  <published>2009-05-15T12:23:23Z</published>\n"
        "  <file name=\"example.ext\">\n"
        "    <size>14471447</size>\n"
        "    <identity>Example</identity>\n"
        "    <version>1.0</version>\n"
        "    <language>en</language>\n"
        "    <description>A description of the example file for download.</description>\n"
        "    <hash type=\"sha-256\">" SHA256 "</hash>\n"
        "    <url location=\"de\" priority=\"1\">ftp://ftp.example.com/example.ext</url>\n"
        "    <url location=\"fr\" priority=\"1\">http://example.com/example.ext</url>\n"
        "    <metaurl mediatype=\"torrent\" priority=\"2\">http://example.com/example.ext.torrent</metaurl>\n"
        "  </file>\n"
        "</metalink>\n",
        "4:http://example.com/example.ext\n checksum=sha256=" SHA256
        "\n size=14471447\n out=example.ext|.",
        NULL);
}

Test(format_metalink, mirrors_are_sorted_by_priority)
{
    expect(OPEN "<file name='a/b'><url>http://h/4</url><url priority='10'>http://h/3</url>"
                "<url priority='1'>http://h/1</url><url priority='10'> https://h/3?a&amp;b </url>"
                "<url priority='0'>http://h/5</url></file>" CLOSE,
           "1:http://h/1\thttp://h/3\thttps://h/3?a&b\thttp://h/4\thttp://h/5\n out=a/b|.", NULL);
}

Test(format_metalink, the_longest_hash_of_the_file_counts)
{
    expect(OPEN "<file name='a'><hash type='sha-1'>" SHA1 "</hash><hash type='x'>1</hash>"
                "<hash type='sha-256'>" SHA256 "</hash><pieces length='1' type='sha-512'>"
                "<hash>1</hash><hash type='sha-512'>2</hash></pieces><hash type='md5'>1</hash>"
                "<signature mediatype='x'>y</signature>"
                "<url>http://h/a</url></file>" CLOSE,
           "1:http://h/a\n checksum=sha256=" SHA256 "\n out=a|.", NULL);
}

Test(format_metalink, hashes_of_pieces_are_kept)
{
    expect(OPEN "<file name='a'><size>3</size><hash type='sha-256'>" SHA256 "</hash>"
                "<pieces length='2' type='md5'><hash>x</hash></pieces>"
                "<pieces length='2' type='sha-1'><hash> " SHA1 "\n</hash><hash>" SHA1
                "</hash></pieces><url>http://h/a</url></file><file name='b'>"
                "<url>http://h/b</url></file>" CLOSE,
           "1:http://h/a\n checksum=sha256=" SHA256 "\n size=3\n pieces=sha1:2:" SHA1 SHA1
           "\n out=a|2:http://h/b\n out=b|.",
           NULL);
    expect("<metalink xmlns='http://www.metalinker.org/'><files><file name='a'><verification>"
           "<pieces length='9' type='sha1'><hash piece='0'>" SHA1 "</hash></pieces></verification>"
           "<resources><url>http://h/a</url></resources></file></files></metalink>",
           "1:http://h/a\n pieces=sha1:9:" SHA1 "\n out=a|.", NULL);
}

Test(format_metalink, a_file_whose_only_hashes_cannot_be_used_is_bad)
{
    expect(OPEN "<file name='a'><pieces length='2' type='sha-1'><hash>1</hash></pieces>"
                "<url>http://h/a</url></file>" CLOSE,
           "1!:a|.", "only hashes of pieces");
}

Test(format_metalink, version_3_is_read)
{
    expect(
        "<?xml version='1.0'?><!-- x -->\n<metalink version='3.0' xmlns='http://www.metalinker.org/'>"
        "<files><file name='a'><size>7</size><verification><hash type='sha1'>" SHA1
        "</hash></verification>\n<resources><url type='http' preference='10'>http://h/2</url>"
        "<url preference='100'>http://h/1</url><url type='bittorrent'>magnet:x</url></resources>"
        "</file></files></metalink>",
        "2:http://h/1\thttp://h/2\n checksum=sha1=" SHA1 "\n size=7\n out=a|.", NULL);
}

Test(format_metalink, a_bad_file_costs_no_other_one)
{
    expect(OPEN "\n<file><url>http://h/1</url></file>\n<file name='b'/>\n"
                "<file name='c'><url>ftp://h/c</url></file>\n"
                "<file name='d'><size>x</size><url>http://h/d</url></file>\n"
                "<file name='e'><hash type='md5'>1</hash><url>http://h/e</url></file>\n"
                "<file name='f'><url>http://h/f</url></file>" CLOSE,
           "2!:|3!:b|4!:c|5!:d|6!:e|7:http://h/f\n out=f|.", "a md5 hash of 1 digits");
    expect(OPEN "<file><url>http://h/1</url></file>" CLOSE, "1!:|.", "no name");
    expect(OPEN "<file name='c'><url>ftp://h/c</url></file>" CLOSE, "1!:c|.", "no http or https");
}

Test(format_metalink, broken_documents_end_with_an_error)
{
    expect(OPEN "<file name='a'><url>http://h/a</url></file>\n<file", "1:http://h/a\n out=a|E.",
           "line 2");
    expect(OPEN "</x>", "E.", "mismatched tag");
    fa_transcript_expect("list", "<html/>", &chosen, "E.", "not a metalink");
    fa_transcript_expect("list", "", &chosen, "E.", "no element found");
}

Test(format_metalink, entities_are_refused)
{
    expect("<?xml version='1.0'?><!DOCTYPE metalink [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>" OPEN
           "<file name='&b;'><url>http://h/a</url></file>" CLOSE,
           "E.", "document type");
    expect("<?xml version='1.0'?><!DOCTYPE metalink SYSTEM 'http://h/x.dtd'>" OPEN CLOSE, "E.",
           "document type");
    expect(OPEN "<file name='&b;'/>" CLOSE, "E.", "undefined entity");
}

Test(format_metalink, a_tag_that_does_not_end_is_refused)
{
    size_t len = 2u << 20;
    char *text = malloc(len + 200), *at = text + sprintf(text, OPEN "<file name='");
    memset(at, 'x', len);
    strcpy(at + len, "'/>");
    struct fa_transcript *transcript = fa_transcript_read_bytes(text, strlen(text));
    cr_expect_str_eq(transcript->text, "E.");
    cr_expect(strstr(transcript->why, "longer than 262144 bytes"), "%s", transcript->why);
    free(transcript);
    free(text);
}

Test(format_metalink, a_document_may_be_one_line)
{
    char *text = malloc(1 << 20), *at = text + sprintf(text, OPEN);
    for (int i = 0; i < 5000; ++i)
        at += sprintf(at, "<file name='%d'><url>http://host/%d</url></file>", i, i);
    strcpy(at, CLOSE);
    fa_transcript_put(text, strlen(text));
    struct fa_list *list = fa_list_open(fa_transcript_path(), NULL);
    struct fa_entry *entry;
    enum fa_list_what what;
    int count = 0;
    while ((what = fa_list_next(list, 1, &entry, NULL)) != FA_LIST_END) {
        count += what == FA_LIST_ENTRY && entry->error.class == FA_CLASS_NONE;
        if (what == FA_LIST_ENTRY)
            fa_entry_free(entry);
    }
    cr_expect_eq(count, 5000);
    fa_list_free(list);
    free(text);
}

Test(format_metalink, text_and_other_xml_are_not_taken_for_it)
{
    fa_transcript_expect("list", "<http://h/1>\n", &guessed, "1:http://h/1|.", NULL);
    fa_transcript_expect("list", "<?xml version='1.0'?><rss/>\n", &guessed,
                         "1:?xml version='1.0'?><rss/|.", NULL);
}
