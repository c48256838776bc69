/*
 * Copies an SVG from gnuplot into the page.  expat parses it; only listed elements and attributes
 * are written again.  Scripts, links and references to the outside are dropped.
 *
 * An allow list is used because a list of what is dangerous in SVG would never be complete
 * (scripts, handlers, links, styles, foreign objects).  A document type is refused, since it could
 * declare entities.
 *
 * Unknown attributes are dropped: the plot is complete without them.  Unknown elements are an
 * error: dropping them would show a plot that lacks something without saying so.
 */
#include "cli/compare/svg.h"

#include <errno.h>
#include <expat.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/compare/markup.h"

/* Elements that are copied. */
static const char *const elements[] = {"g",    "path",  "rect", "circle",  "use",      "line",
                                       "text", "tspan", "defs", "polygon", "polyline", NULL};

/* Those that have text; spaces between the others only lay out the source. */
static const char *const texts[] = {"text", "tspan", NULL};

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

struct adoption {
    XML_Parser parser;
    FILE *out;
    const char *id, *label;
    unsigned depth;   /* Open elements of the SVG. */
    unsigned skipped; /* Open elements of one that is dropped, including it. */
    unsigned texts;   /* Open elements with text. */
};

static bool word_is_among(const char *word, const char *const *words)
{
    while (*words && strcmp(*words, word) != 0)
        ++words;
    return *words;
}

static void svg_put_value(struct adoption *adoption, const char *name, const char *value)
{
    fprintf(adoption->out, " %s=\"", name);
    fa_markup_text(adoption->out, value);
    fputc('"', adoption->out);
}

/* Scripts use marker colours, as gnuplot cannot write CSS variables.  Any other colour becomes that
 * of the text, so that plots can be read on light and dark backgrounds. */
static void svg_put_paint(struct adoption *adoption, const char *name, const char *value)
{
    unsigned red = 0, green = 0, blue = 0;
    fprintf(adoption->out, " %s=\"", name);
    bool rgb = sscanf(value, "rgb( %3u , %3u , %3u", &red, &green, &blue) == 3;
    if (strcmp(value, "none") == 0)
        fputs("none", adoption->out);
    else if (rgb && (red << 16 | green << 8) == FA_SVG_SERIES && blue >= 1 && blue <= FA_SVG_COLORS)
        fprintf(adoption->out, "var(--c%u)", blue);
    else if (rgb && (red << 16 | green << 8 | blue) == FA_SVG_GRID)
        fputs("var(--grid)", adoption->out);
    else
        fputs("currentColor", adoption->out);
    fputc('"', adoption->out);
}

static void svg_put_attribute(struct adoption *adoption, const char *name, const char *value)
{
    bool id = strcmp(name, "id") == 0;
    /* xlink:href is deprecated since SVG 2, and would need a namespace declaration. */
    bool link = (strcmp(name, "href") == 0 || strcmp(name, "xlink:href") == 0) && *value == '#';
    if (word_is_among(name, paints)) {
        svg_put_paint(adoption, name, value);
    } else if (word_is_among(name, attributes)) {
        svg_put_value(adoption, name, value);
    } else if (id || link) {
        /* The page has several plots, and ids must be unique in a document. */
        fprintf(adoption->out, " %s=\"%s%s-", link ? "href" : "id", link ? "#" : "", adoption->id);
        fa_markup_text(adoption->out, value + link);
        fputc('"', adoption->out);
    }
}

/* Without width and height, the plot scales to the width of the page. */
static void svg_begin(struct adoption *adoption, const char **values)
{
    fprintf(adoption->out, "<svg class=\"plot %s\" role=\"img\"", adoption->id);
    svg_put_value(adoption, "aria-label", adoption->label);
    for (; *values; values += 2)
        if (strcmp(values[0], "viewBox") == 0)
            svg_put_value(adoption, values[0], values[1]);
    fputc('>', adoption->out);
}

static void XMLCALL svg_on_start(void *ctx, const char *name, const char **values)
{
    struct adoption *adoption = ctx;
    if (adoption->skipped > 0 || (adoption->depth > 0 && word_is_among(name, dropped))) {
        ++adoption->skipped;
        return;
    }
    if (adoption->depth > 0 ? !word_is_among(name, elements) : strcmp(name, "svg") != 0) {
        XML_StopParser(adoption->parser, XML_FALSE);
        return;
    }
    adoption->texts += word_is_among(name, texts);
    if (adoption->depth++ == 0) {
        svg_begin(adoption, values);
        return;
    }
    fprintf(adoption->out, "<%s", name);
    for (; *values; values += 2)
        svg_put_attribute(adoption, values[0], values[1]);
    fputc('>', adoption->out);
}

static void XMLCALL svg_on_end(void *ctx, const char *name)
{
    struct adoption *adoption = ctx;
    if (adoption->skipped > 0) {
        --adoption->skipped;
        return;
    }
    --adoption->depth;
    adoption->texts -= word_is_among(name, texts);
    fprintf(adoption->out, "</%s>", name);
}

static void XMLCALL svg_on_text(void *ctx, const char *text, int len)
{
    struct adoption *adoption = ctx;
    if (adoption->skipped == 0 && adoption->texts > 0)
        for (int i = 0; i < len; ++i)
            fa_markup_char(adoption->out, text[i]);
}

static void XMLCALL svg_on_doctype(void *ctx, const char *name, const char *system,
                                   const char *public, int subset)
{
    const struct adoption *adoption = ctx;
    (void)name, (void)system, (void)public, (void)subset;
    XML_StopParser(adoption->parser, XML_FALSE);
}

/* @return whether it was a whole SVG of known elements. */
static bool svg_copy(struct adoption *adoption, const char *svg)
{
    XML_SetUserData(adoption->parser, adoption);
    XML_SetElementHandler(adoption->parser, svg_on_start, svg_on_end);
    XML_SetCharacterDataHandler(adoption->parser, svg_on_text);
    XML_SetStartDoctypeDeclHandler(adoption->parser, svg_on_doctype);
    bool whole = XML_Parse(adoption->parser, svg, (int)strlen(svg), XML_TRUE) == XML_STATUS_OK;
    fputc('\n', adoption->out);
    return whole;
}

char *fa_svg_adopt(const char *svg, const char *id, const char *label, struct fa_error *err)
{
    char *text = NULL;
    size_t len = 0;
    struct adoption adoption = {.id = id, .label = label};
    adoption.parser = XML_ParserCreate("UTF-8");
    adoption.out = open_memstream(&text, &len);
    bool made = adoption.parser && adoption.out;
    bool whole = made && svg_copy(&adoption, svg);
    made =
        made && !ferror(adoption.out) && XML_GetErrorCode(adoption.parser) != XML_ERROR_NO_MEMORY;
    if (adoption.out && fclose(adoption.out) != 0)
        made = false;
    if (adoption.parser)
        XML_ParserFree(adoption.parser);
    if (made && whole)
        return text;
    free(text);
    if (made)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "gnuplot drew what cannot be part of a page");
    else
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot hold a plot in memory");
    return NULL;
}
