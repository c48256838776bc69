/*
 * Copies an SVG from gnuplot into the page.  Only listed elements and attributes are copied;
 * scripts, links and references to the outside are dropped.
 *
 * This is not an XML parser: it accepts only the subset that gnuplot writes, and fails at
 * everything else.  An allow list is used because a list of what is dangerous in SVG would never be
 * complete (scripts, handlers, links, styles, foreign objects, entities).
 *
 * Unknown attributes are dropped: the plot is complete without them.  Unknown elements are an
 * error: dropping them would show a plot that lacks something without saying so.
 */
#include "cli/compare/svg.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare/markup.h"

/* Elements that are copied. */
static const char *const elements[] = {"g",    "path",  "rect", "circle",  "use",      "line",
                                       "text", "tspan", "defs", "polygon", "polyline", NULL};

/* Elements that are dropped with their contents. */
static const char *const dropped[] = {"title", "desc", "filter", NULL};

static const char *const attributes[] = {"d",
                                         "x",
                                         "y",
                                         "r",
                                         "x1",
                                         "x2",
                                         "y1",
                                         "y2",
                                         "cx",
                                         "cy",
                                         "width",
                                         "height",
                                         "points",
                                         "transform",
                                         "font-size",
                                         "font-weight",
                                         "text-anchor",
                                         "stroke-width",
                                         "stroke-linecap",
                                         "stroke-linejoin",
                                         "stroke-dasharray",
                                         "stroke-opacity",
                                         "fill-opacity",
                                         "shape-rendering",
                                         NULL};

static const char *const paints[] = {"fill", "stroke", "color", NULL};

/* A part of the SVG. */
struct piece {
    const char *at;
    size_t len;
};

struct adoption {
    const char *at; /* the next byte to parse */
    FILE *out;
    const char *id;
    unsigned depth; /* number of open elements */
};

static bool piece_is(struct piece piece, const char *word)
{
    return strlen(word) == piece.len && memcmp(piece.at, word, piece.len) == 0;
}

static bool piece_is_among(struct piece piece, const char *const *words)
{
    for (; *words; ++words)
        if (piece_is(piece, *words))
            return true;
    return false;
}

static void svg_skip_spaces(struct adoption *adoption)
{
    adoption->at += strspn(adoption->at, " \t\r\n");
}

static struct piece svg_take_name(struct adoption *adoption)
{
    struct piece name = {.at = adoption->at};
    name.len = strspn(name.at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-");
    adoption->at += name.len;
    return name;
}

/* Whether an ampersand starts an entity that needs no declaration. */
static bool text_is_entity(const char *at, const char *end)
{
    static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", NULL};
    for (const char *const *entity = known; *entity; ++entity)
        if ((size_t)(end - at) >= strlen(*entity) && strncmp(at, *entity, strlen(*entity)) == 0)
            return true;
    return false;
}

/* Copy text, escaping what is not escaped yet. */
static void svg_put_text(struct adoption *adoption, struct piece text)
{
    const char *end = text.at + text.len;
    for (const char *at = text.at; at < end; ++at) {
        if (*at == '&' && !text_is_entity(at, end))
            fputs("&amp;", adoption->out);
        else if (*at == '<')
            fputs("&lt;", adoption->out);
        else if (*at == '"')
            fputs("&quot;", adoption->out);
        else
            fputc(*at, adoption->out);
    }
}

/* Scripts use marker colours, as gnuplot cannot write CSS variables.  Any other colour becomes that
 * of the text, so that plots can be read on light and dark backgrounds. */
static void svg_put_paint(struct adoption *adoption, struct piece value)
{
    char text[32] = "";
    unsigned red = 0, green = 0, blue = 0;
    if (value.len < sizeof(text))
        memcpy(text, value.at, value.len);
    if (piece_is(value, "none"))
        fputs("none", adoption->out);
    else if (sscanf(text, "rgb( %3u , %3u , %3u", &red, &green, &blue) != 3)
        fputs("currentColor", adoption->out);
    else if ((red << 16 | green << 8) == FA_SVG_SERIES && blue >= 1 && blue <= FA_SVG_COLORS)
        fprintf(adoption->out, "var(--c%u)", blue);
    else if ((red << 16 | green << 8 | blue) == FA_SVG_GRID)
        fputs("var(--grid)", adoption->out);
    else
        fputs("currentColor", adoption->out);
}

static void svg_put_attribute(struct adoption *adoption, struct piece name, struct piece value)
{
    bool id = piece_is(name, "id");
    bool link =
        (piece_is(name, "href") || piece_is(name, "xlink:href")) && value.len && *value.at == '#';
    bool paint = piece_is_among(name, paints);
    if (!id && !link && !paint && !piece_is_among(name, attributes))
        return;
    /* xlink:href is deprecated since SVG 2, and would need a namespace declaration. */
    fprintf(adoption->out, " %.*s=\"", link ? 4 : (int)name.len, link ? "href" : name.at);
    if (link) {
        ++value.at;
        --value.len;
    }
    /* The page has several plots, and ids must be unique in a document. */
    if (id || link)
        fprintf(adoption->out, "%s%s-", link ? "#" : "", adoption->id);
    if (paint)
        svg_put_paint(adoption, value);
    else
        svg_put_text(adoption, value);
    fputc('"', adoption->out);
}

/* Take an attribute after optional spaces.  @return 1, 0 at the end of the tag, or -1. */
static int svg_take_attribute(struct adoption *adoption, struct piece *ret_name,
                              struct piece *ret_value)
{
    svg_skip_spaces(adoption);
    if (*adoption->at == '>' || *adoption->at == '/')
        return 0;
    *ret_name = svg_take_name(adoption);
    svg_skip_spaces(adoption);
    if (!ret_name->len || *adoption->at != '=')
        return -1;
    ++adoption->at;
    svg_skip_spaces(adoption);
    char quote = *adoption->at;
    if (quote != '"' && quote != '\'')
        return -1;
    ret_value->at = ++adoption->at;
    const char *end = strchr(adoption->at, quote);
    if (!end)
        return -1;
    ret_value->len = (size_t)(end - ret_value->at);
    adoption->at = end + 1;
    return 1;
}

/* The tag's end.  @return 0, 1 if the element is empty, or -1. */
static int svg_take_tag_end(struct adoption *adoption)
{
    int empty = *adoption->at == '/';
    adoption->at += empty;
    if (*adoption->at != '>')
        return -1;
    ++adoption->at;
    return empty;
}

/* Skip to the end of a dropped element, which does not contain another of its kind. */
static int svg_skip_element(struct adoption *adoption, struct piece name)
{
    struct piece ignored, value;
    int more;
    while ((more = svg_take_attribute(adoption, &ignored, &value)) > 0)
        continue;
    int empty = more < 0 ? -1 : svg_take_tag_end(adoption);
    while (empty == 0) {
        const char *end = strstr(adoption->at, "</");
        if (!end)
            return -1;
        adoption->at = end + 2;
        if (piece_is(svg_take_name(adoption), "") || strncmp(end + 2, name.at, name.len) != 0)
            continue;
        svg_skip_spaces(adoption);
        return *adoption->at == '>' ? (++adoption->at, 0) : -1;
    }
    return empty < 0 ? -1 : 0;
}

static int svg_take_element(struct adoption *adoption)
{
    struct piece name = svg_take_name(adoption);
    if (piece_is_among(name, dropped))
        return svg_skip_element(adoption, name);
    if (!piece_is_among(name, elements))
        return -1;
    fprintf(adoption->out, "<%.*s", (int)name.len, name.at);
    struct piece attribute, value;
    int more;
    while ((more = svg_take_attribute(adoption, &attribute, &value)) > 0)
        svg_put_attribute(adoption, attribute, value);
    int empty = more < 0 ? -1 : svg_take_tag_end(adoption);
    if (empty < 0)
        return -1;
    fputs(empty ? "/>" : ">", adoption->out);
    adoption->depth += !empty;
    return 0;
}

/* The end of an element.  @return 0, 1 for the end of the SVG, or -1. */
static int svg_take_end(struct adoption *adoption)
{
    struct piece name = svg_take_name(adoption);
    svg_skip_spaces(adoption);
    if (*adoption->at != '>')
        return -1;
    ++adoption->at;
    /* A closing tag must not end an element of the page around the plot. */
    if (piece_is(name, "svg"))
        return adoption->depth == 0 ? 1 : -1;
    if (!piece_is_among(name, elements) || adoption->depth == 0)
        return -1;
    --adoption->depth;
    fprintf(adoption->out, "</%.*s>", (int)name.len, name.at);
    return 0;
}

/* CDATA sections and declarations start with "<!" too, and are rejected. */
static int svg_skip_comment(struct adoption *adoption)
{
    const char *end = strncmp(adoption->at, "!--", 3) == 0 ? strstr(adoption->at, "-->") : NULL;
    if (!end)
        return -1;
    adoption->at = end + 3;
    return 0;
}

/* The content of the SVG up to its end. */
static int svg_take_content(struct adoption *adoption)
{
    for (int end = 0; end == 0;) {
        struct piece text = {adoption->at, strcspn(adoption->at, "<")};
        svg_put_text(adoption, text);
        adoption->at += text.len;
        if (!*adoption->at)
            return -1;
        ++adoption->at;
        if (*adoption->at == '/') {
            ++adoption->at;
            end = svg_take_end(adoption);
        } else {
            end = *adoption->at == '!' ? svg_skip_comment(adoption) : svg_take_element(adoption);
        }
        if (end < 0)
            return -1;
    }
    return 0;
}

static int svg_take_svg(struct adoption *adoption, const char *label)
{
    const char *start = strstr(adoption->at, "<svg");
    if (!start)
        return -1;
    adoption->at = start + 4;
    fprintf(adoption->out, "<svg class=\"plot %s\" role=\"img\" aria-label=\"", adoption->id);
    fa_markup_text(adoption->out, label);
    fputc('"', adoption->out);
    struct piece name, value;
    int more;
    while ((more = svg_take_attribute(adoption, &name, &value)) > 0) {
        /* Without width and height, the plot scales to the width of the page. */
        if (piece_is(name, "viewBox")) {
            fputs(" viewBox=\"", adoption->out);
            svg_put_text(adoption, value);
            fputc('"', adoption->out);
        }
    }
    if (more < 0 || svg_take_tag_end(adoption) != 0)
        return -1;
    fputc('>', adoption->out);
    if (svg_take_content(adoption))
        return -1;
    fputs("</svg>\n", adoption->out);
    return 0;
}

char *fa_svg_adopt(const char *svg, const char *id, const char *label, struct fa_error *err)
{
    char *text = NULL;
    size_t len = 0;
    struct adoption adoption = {.at = svg, .out = open_memstream(&text, &len), .id = id};
    int rc = adoption.out ? svg_take_svg(&adoption, label) : -1;
    bool full = !adoption.out || ferror(adoption.out);
    if (adoption.out && fclose(adoption.out) != 0)
        full = true;
    if (rc == 0 && !full)
        return text;
    free(text);
    if (full)
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot hold a plot in memory");
    else
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "gnuplot drew what cannot be part of a page");
    return NULL;
}
