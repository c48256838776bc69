/*
 * The components are cleaned one by one, each as a whole, because values that are harmless alone
 * could make ".." together.
 */
#include "engine/name_template.h"

#include "engine/name_part.h"
#include "list/template.h"

#include <stdio.h>
#include <string.h>

/* The component that a template is making. */
struct part {
    const struct fa_name_source *src;
    struct fa_buf *buf;
    size_t start;
    bool chosen; /* It begins with text of the template. */
};

static void part_begin(struct part *part)
{
    part->start = part->buf->len;
    part->chosen = false;
}

static void part_end(struct part *part, const char *otherwise)
{
    fa_name_end_part(part->buf, part->start, part->chosen, fa_name_part_limit(part->src->part_max),
                     otherwise);
}

static void part_slash(struct part *part)
{
    part_end(part, "_");
    fa_buf_put(part->buf, "/", 1);
    part_begin(part);
}

/* The name that the URL gives to the file, or a piece of it. */
static void part_put_name(struct part *part, enum fa_template_what what)
{
    struct fa_buf buf;
    fa_buf_init(&buf);
    fa_buf_put_u8(&buf, '/'); /* it is not at the top: that depends on the component */
    fa_name_put_last(&buf, part->src->path, part->src->part_max);
    part->buf->failed |= buf.failed;
    if (!buf.failed) {
        const unsigned char *name = buf.data + 1;
        size_t len = buf.len - 1, dotted = fa_name_extension_len(name, len);
        if (what == FA_TEMPLATE_NAME)
            fa_buf_put(part->buf, name, len);
        else if (what == FA_TEMPLATE_STEM)
            fa_buf_put(part->buf, name, len - dotted);
        else if (dotted > 0)
            fa_buf_put(part->buf, name + len - dotted + 1, dotted - 1);
    }
    fa_buf_fini(&buf);
}

/* Without its first slash, and with a name for a last one. */
static void part_put_path(struct part *part)
{
    const char *at = part->src->path;
    at += *at == '/';
    for (;;) {
        size_t len = strcspn(at, "/");
        if (at[len] == '\0' && len == 0)
            at = FA_NAME_INDEX, len = strlen(at);
        fa_name_put_decoded(part->buf, at, len);
        if (at[len] == '\0')
            return;
        if (len > 0)
            part_slash(part);
        at += len + 1;
    }
}

static void part_put_query(struct part *part)
{
    const char *mark = strchr(part->src->whole, '?');
    if (mark)
        fa_name_put_decoded(part->buf, mark + 1, strlen(mark + 1));
}

/* Refused rather than left out: two entries without a value would get one name. */
static int part_put_column(struct part *part, const struct fa_template_piece *piece,
                           struct fa_error *err)
{
    const char *value = fa_entry_column(part->src->entry, piece->at, piece->len);
    if (!value) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED,
                     "the entry has no value for the column '%.*s' of --name", (int)piece->len,
                     piece->at);
        return -1;
    }
    fa_buf_put(part->buf, value, strlen(value));
    return 0;
}

static int part_put(struct part *part, const struct fa_template_piece *piece, struct fa_error *err)
{
    char number[24];
    switch (piece->what) {
    case FA_TEMPLATE_TEXT:
        part->chosen |= part->buf->len == part->start;
        fa_buf_put(part->buf, piece->at, piece->len);
        return 0;
    case FA_TEMPLATE_SLASH:
        part_slash(part);
        return 0;
    case FA_TEMPLATE_NAME:
    case FA_TEMPLATE_STEM:
    case FA_TEMPLATE_EXT:
        part_put_name(part, piece->what);
        return 0;
    case FA_TEMPLATE_HOST:
        fa_name_put_decoded(part->buf, part->src->host, strlen(part->src->host));
        return 0;
    case FA_TEMPLATE_PATH:
        part_put_path(part);
        return 0;
    case FA_TEMPLATE_QUERY:
        part_put_query(part);
        return 0;
    case FA_TEMPLATE_LINE:
        snprintf(number, sizeof(number), "%llu", (unsigned long long)part->src->entry->line);
        break;
    case FA_TEMPLATE_HASH8:
        snprintf(number, sizeof(number), "%08x", (unsigned)part->src->hash);
        break;
    case FA_TEMPLATE_COLUMN:
        return part_put_column(part, piece, err);
    }
    fa_buf_put(part->buf, number, strlen(number));
    return 0;
}

int fa_name_put_template(struct fa_buf *buf, const struct fa_name_source *src, struct fa_error *err)
{
    struct part part = {.src = src, .buf = buf};
    struct fa_template_piece piece;
    const char *at = src->name, *why;
    part_begin(&part);
    while (fa_template_next(&at, &piece, &why))
        if (part_put(&part, &piece, err))
            return -1;
    part_end(&part, "_");
    return 0;
}
