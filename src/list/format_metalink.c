/*
 * Metalink (RFC 5854), and its predecessor, version 3, which distributions still hand out: XML,
 * each <file> of which is an entry with its mirrors.
 *
 * expat is fed piece by piece and suspended at the end of each file, so that memory does not grow
 * with the list.  A document type is refused: entities are the one way in which a small document
 * becomes a large one.  A token that does not end (an attribute, say) is refused, too, because
 * expat keeps all of it.
 *
 * URLs are sorted by priority, 1 first; those without one are last (RFC 5854, 4.2.16.1).  Of
 * several hashes the longest one counts, and so it is with sets of hashes of pieces; a set that is
 * malformed or too long is ignored, unless the file has no other hash.  Signatures and torrents are
 * ignored.
 */
#include "list/format.h"
#include "list/pieces.h"
#include "list/record.h"

#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Bytes for expat at a time. */
#define CHUNK 4096
/* URLs of a file that are kept. */
#define URLS_MAX 256

#define SPACE_4   "urn:ietf:params:xml:ns:metalink"
#define SPACE_3   "http://www.metalinker.org/"
#define RANK_NONE 1000000u

enum element {
    ELEMENT_OTHER,
    ELEMENT_FILE,
    ELEMENT_SIZE,
    ELEMENT_HASH,
    ELEMENT_URL,
    ELEMENT_PIECES
};

struct url {
    size_t at, len; /* In metalink->urls. */
    unsigned rank;
};

struct metalink {
    XML_Parser parser; /* NULL: not begun. */
    struct fa_format_reader *reader;
    uint64_t fed; /* Bytes. */
    bool suspended, finished, root;
    struct fa_entry *ready; /* Owned; with has_ready: NULL if memory ran out. */
    bool has_ready;
    struct fa_error why; /* FA_CLASS_NONE: nothing wrong. */

    bool in_file;
    unsigned pieces; /* Depth of <pieces>. */
    enum element current;
    uint64_t line;
    struct fa_buf text, name, urls;
    struct url list[URLS_MAX];
    size_t n_urls, n_foreign;
    unsigned rank;
    enum fa_hash hash, hash_type; /* The best one; of the current element. */
    struct fa_piece_sets sets;
    char hash_text[2 * FA_DIGEST_MAX + 1];
    char size[24];
    struct fa_record record;
};

/* Text cannot begin like that: "<" is followed by a URL there. */
static enum fa_format_match metalink_detect(const struct fa_format_look *look)
{
    static const char *const begins[] = {"<?xml", "<metalink", "<!--"};
    const char *at;
    size_t len;
    enum fa_format_match match = fa_format_first_byte(look, &at, &len);
    if (match != FA_FORMAT_YES)
        return match;
    match = FA_FORMAT_NO;
    for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); ++i) {
        size_t size = strlen(begins[i]);
        if (memcmp(at, begins[i], len < size ? len : size) == 0)
            match = FA_FORMAT_MORE;
    }
    if (match == FA_FORMAT_NO)
        return match;
    if (memmem(at, len, "<metalink", 9))
        return FA_FORMAT_YES;
    return look->ended ? FA_FORMAT_NO : FA_FORMAT_MORE;
}

static void metalink_fail(struct metalink *m, const char *why)
{
    if (m->why.class != FA_CLASS_NONE)
        return;
    fa_error_set(&m->why, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                 "cannot read the list '%s': line %lu: %s",
                 fa_source_name(m->reader->lines->source),
                 (unsigned long)XML_GetCurrentLineNumber(m->parser), why);
    XML_StopParser(m->parser, XML_FALSE);
}

/* Elements of other namespaces are ignored. */
static enum element element_find(const char *name)
{
    static const struct {
        const char *name;
        enum element element;
    } elements[] = {
        {"file", ELEMENT_FILE}, {"size", ELEMENT_SIZE},     {"hash", ELEMENT_HASH},
        {"url", ELEMENT_URL},   {"pieces", ELEMENT_PIECES},
    };
    size_t space = strncmp(name, SPACE_4 "\n", sizeof(SPACE_4)) == 0   ? sizeof(SPACE_4)
                   : strncmp(name, SPACE_3 "\n", sizeof(SPACE_3)) == 0 ? sizeof(SPACE_3)
                                                                       : 0;
    for (size_t i = 0; space && i < sizeof(elements) / sizeof(*elements); ++i)
        if (strcmp(name + space, elements[i].name) == 0)
            return elements[i].element;
    return ELEMENT_OTHER;
}

static const char *attribute_find(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (strcmp(*attributes, name) == 0)
            return attributes[1];
    return NULL;
}

/* Version 3 has a preference from 100, the best, down. */
static unsigned attributes_rank(const char **attributes)
{
    const char *priority = attribute_find(attributes, "priority");
    const char *preference = attribute_find(attributes, "preference");
    unsigned long value = strtoul(priority ? priority : preference ? preference : "0", NULL, 10);
    if (priority && value >= 1 && value < RANK_NONE)
        return (unsigned)value;
    return preference && value <= 100 ? 101 - (unsigned)value : RANK_NONE;
}

static void file_begin(struct metalink *m, const char **attributes)
{
    const char *name = attribute_find(attributes, "name");
    m->in_file = true;
    m->line = XML_GetCurrentLineNumber(m->parser);
    m->n_urls = m->n_foreign = 0;
    m->hash = 0;
    fa_piece_sets_reset(&m->sets);
    m->size[0] = '\0';
    fa_buf_reset(&m->urls);
    fa_buf_reset(&m->name);
    fa_record_reset(&m->record);
    fa_buf_put(&m->name, name ? name : "", name ? strlen(name) : 0);
    if (!name || !*name)
        fa_record_fail(&m->record, "the file has no name");
}

static void XMLCALL metalink_on_start(void *ctx, const char *name, const char **attributes)
{
    struct metalink *m = ctx;
    const char *type = attribute_find(attributes, "type");
    if (!m->root && strcmp(name, SPACE_4 "\nmetalink") != 0 &&
        strcmp(name, SPACE_3 "\nmetalink") != 0)
        metalink_fail(m, "the document is not a metalink (RFC 5854)");
    m->root = true;
    m->current = element_find(name);
    fa_buf_reset(&m->text);
    if (m->current == ELEMENT_FILE && !m->in_file)
        file_begin(m, attributes);
    m->pieces += m->current == ELEMENT_PIECES;
    if (m->current == ELEMENT_PIECES && m->in_file)
        fa_piece_sets_begin(&m->sets, type, attribute_find(attributes, "length"));
    m->hash_type = type ? fa_hash_from_name(type, strlen(type)) : 0;
    m->rank = attributes_rank(attributes);
}

static void XMLCALL metalink_on_text(void *ctx, const char *text, int len)
{
    struct metalink *m = ctx;
    if (!m->in_file || m->current <= ELEMENT_FILE)
        return;
    if (m->text.len + m->urls.len + (size_t)len > FA_LIST_ENTRY_MAX)
        fa_record_fail(&m->record, "the file is longer than %d bytes", FA_LIST_ENTRY_MAX);
    else
        fa_buf_put(&m->text, text, (size_t)len);
}

static bool byte_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Only these can be downloaded; a file may have others, too. */
static bool text_is_http(const char *text, size_t len)
{
    return (len > 7 && strncasecmp(text, "http://", 7) == 0) ||
           (len > 8 && strncasecmp(text, "https://", 8) == 0);
}

static void file_take_url(struct metalink *m, const char *text, size_t len)
{
    if (!text_is_http(text, len)) {
        ++m->n_foreign;
    } else if (m->n_urls < URLS_MAX) {
        m->list[m->n_urls++] = (struct url){m->urls.len, len, m->rank};
        fa_buf_put(&m->urls, text, len);
    }
}

static void file_take_hash(struct metalink *m, const char *text, size_t len)
{
    if (m->pieces) {
        fa_piece_sets_take(&m->sets, text, len);
        return;
    }
    if (!m->hash_type || fa_hash_size(m->hash_type) <= fa_hash_size(m->hash))
        return;
    if (len != 2 * fa_hash_size(m->hash_type)) {
        fa_record_fail(&m->record, "a %s hash of %zu digits", fa_hash_name(m->hash_type), len);
        return;
    }
    m->hash = m->hash_type;
    memcpy(m->hash_text, text, len);
    m->hash_text[len] = '\0';
}

static void file_take_text(struct metalink *m)
{
    const char *text = (const char *)m->text.data;
    size_t len = m->text.len;
    while (len > 0 && byte_is_space(*text))
        ++text, --len;
    while (len > 0 && byte_is_space(text[len - 1]))
        --len;
    if (m->current == ELEMENT_URL)
        file_take_url(m, text, len);
    else if (m->current == ELEMENT_HASH)
        file_take_hash(m, text, len);
    else if (m->current == ELEMENT_SIZE && len < sizeof(m->size))
        memcpy(mempcpy(m->size, text, len), "", 1);
    else if (m->current == ELEMENT_SIZE)
        fa_record_fail(&m->record, "invalid size");
}

/* Those of equal priority stay in their order. */
static int url_compare(const void *a, const void *b)
{
    const struct url *one = a, *two = b;
    if (one->rank != two->rank)
        return one->rank < two->rank ? -1 : 1;
    return one->at < two->at ? -1 : 1;
}

static void file_end(struct metalink *m)
{
    struct fa_record *record = &m->record;
    struct fa_error err = {0};
    char checksum[16 + sizeof(m->hash_text)];
    qsort(m->list, m->n_urls, sizeof(*m->list), url_compare);
    for (size_t i = 0; i < m->n_urls; ++i)
        fa_record_add(record, FA_COLUMN_URL, "", 0, (const char *)m->urls.data + m->list[i].at,
                      m->list[i].len);
    if (m->n_urls == 0)
        fa_record_fail(record,
                       m->n_foreign ? "the file has no http or https URL" : "the file has no URL");
    const char *name = m->name.len > 0 ? (const char *)m->name.data : "";
    fa_record_add(record, FA_COLUMN_OUT, "", 0, name, m->name.len);
    fa_record_add(record, FA_COLUMN_SIZE, "", 0, m->size, strlen(m->size));
    if (m->hash) {
        stpcpy(stpcpy(stpcpy(checksum, fa_hash_name(m->hash)), "="), m->hash_text);
        fa_record_add(record, FA_COLUMN_CHECKSUM, "", 0, checksum, strlen(checksum));
    }
    if (m->sets.type)
        fa_record_add(record, FA_COLUMN_PIECES, "", 0, (const char *)m->sets.best.data,
                      m->sets.best.len);
    if (m->sets.unusable && !m->sets.type && !m->hash)
        fa_record_fail(record,
                       "the file has only hashes of pieces, which are unknown, malformed or "
                       "longer than %d bytes",
                       FA_PIECES_TEXT_MAX);
    if (m->sets.best.failed || m->sets.set.failed || m->urls.failed || m->name.failed ||
        m->text.failed)
        fa_record_fail(record, "memory ran out");
    m->ready = fa_record_entry(record, fa_source_name(m->reader->lines->source), m->line, name,
                               m->name.len, &err);
    m->has_ready = true;
    m->in_file = false;
    XML_StopParser(m->parser, XML_TRUE);
}

static void XMLCALL metalink_on_end(void *ctx, const char *name)
{
    struct metalink *m = ctx;
    enum element ended = element_find(name);
    m->pieces -= ended == ELEMENT_PIECES && m->pieces > 0;
    if (ended == ELEMENT_PIECES && m->in_file)
        fa_piece_sets_end(&m->sets);
    if (m->in_file && ended == m->current && ended > ELEMENT_FILE && m->text.len > 0)
        file_take_text(m);
    m->current = ELEMENT_OTHER;
    if (ended == ELEMENT_FILE && m->in_file)
        file_end(m);
}

static void XMLCALL metalink_on_doctype(void *ctx, const char *name, const char *system,
                                        const char *public_id, int has_subset)
{
    (void)name, (void)system, (void)public_id, (void)has_subset;
    metalink_fail(ctx, "a document type (and its entities) is not accepted");
}

static int metalink_begin(struct metalink *m, struct fa_error *err)
{
    m->parser = XML_ParserCreateNS(NULL, '\n');
    if (!m->parser) {
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read the list '%s'",
                        fa_source_name(m->reader->lines->source));
        return -1;
    }
    XML_SetUserData(m->parser, m);
    XML_SetElementHandler(m->parser, metalink_on_start, metalink_on_end);
    XML_SetCharacterDataHandler(m->parser, metalink_on_text);
    XML_SetStartDoctypeDeclHandler(m->parser, metalink_on_doctype);
    return 0;
}

/* Give expat more bytes; *ret_again: there are none yet. */
static enum XML_Status metalink_feed(struct metalink *m, bool *ret_again)
{
    struct fa_lines *lines = m->reader->lines;
    const char *at;
    size_t len;
    *ret_again = fa_lines_peek(lines, 1, m->reader->now, &at, &len) == FA_SOURCE_AGAIN;
    if (*ret_again)
        return XML_STATUS_OK;
    m->finished = len == 0;
    len = len < CHUNK ? len : CHUNK;
    m->fed += len;
    enum XML_Status status = XML_Parse(m->parser, at, (int)len, m->finished);
    fa_lines_take(lines, len);
    return status;
}

/* The parser and its input are done, or wrong. */
static enum fa_list_what metalink_end(struct metalink *m, bool failed)
{
    struct fa_lines *lines = m->reader->lines;
    if (failed && lines->ended != FA_SOURCE_ERROR) {
        metalink_fail(m, XML_ErrorString(XML_GetErrorCode(m->parser)));
        fa_lines_fail(lines, &m->why);
    }
    m->finished = true;
    m->suspended = false;
    return FA_LIST_END;
}

static enum fa_list_what metalink_next(struct fa_format_reader *reader, struct fa_entry **ret,
                                       struct fa_error *err)
{
    struct metalink *m = reader->state;
    m->reader = reader;
    *ret = NULL;
    if (!m->parser && metalink_begin(m, err))
        return FA_LIST_ENTRY;
    while (!m->finished || m->suspended) {
        bool again = false;
        enum XML_Status status =
            m->suspended ? XML_ResumeParser(m->parser) : metalink_feed(m, &again);
        m->suspended = status == XML_STATUS_SUSPENDED;
        if (again)
            return FA_LIST_AGAIN;
        if (status == XML_STATUS_OK && !m->finished &&
            m->fed - (uint64_t)XML_GetCurrentByteIndex(m->parser) > FA_LIST_ENTRY_MAX)
            metalink_fail(m, "a tag is longer than 262144 bytes");
        if (m->has_ready) {
            m->has_ready = false;
            *ret = m->ready;
            m->ready = NULL;
            if (!*ret)
                fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read the list '%s'",
                                fa_source_name(reader->lines->source));
            return FA_LIST_ENTRY;
        }
        if (status == XML_STATUS_ERROR || m->why.class != FA_CLASS_NONE)
            return metalink_end(m, true);
    }
    return FA_LIST_END;
}

static void metalink_fini(void *state)
{
    struct metalink *m = state;
    if (m->parser)
        XML_ParserFree(m->parser);
    fa_entry_free(m->ready);
    fa_buf_fini(&m->text);
    fa_buf_fini(&m->name);
    fa_buf_fini(&m->urls);
    fa_piece_sets_fini(&m->sets);
    fa_record_fini(&m->record);
}

const struct fa_format fa_format_metalink = {
    .name = "metalink",
    .id = FA_LIST_FORMAT_METALINK,
    .line_max = FA_LIST_LINE_MAX,
    .state_size = sizeof(struct metalink),
    .detect = metalink_detect,
    .next_record = metalink_next,
    .fini = metalink_fini,
};
