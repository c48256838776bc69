/**
 * Copies an SVG of gnuplot into a page.
 *
 * Only what plots consist of is copied: elements and attributes that are not listed are dropped or
 * rejected, so that nothing in a page can run or be fetched.  Ids get a prefix, because a page
 * contains several plots.  Colours become those of the page:
 *
 *     black                  the colour of text (currentColor)
 *     FA_SVG_SERIES + 1..9   var(--c1) to var(--c9)
 *     FA_SVG_GRID            var(--grid)
 */
#ifndef FETCHALL_CLI_COMPARE_SVG_H
#define FETCHALL_CLI_COMPARE_SVG_H

#include <fetchall/error.h>

/** Colours for gnuplot: 0xRRGGBB. */
#define FA_SVG_SERIES 0x010200
#define FA_SVG_GRID   0x010300

/** Number of colours of a page. */
#define FA_SVG_COLORS 9

/**
 * @id      Prefix of ids, and the class of the element; not escaped.
 * @label   The text alternative (aria-label).
 * @return  An svg element, to be freed; NULL after an error.
 */
char *fa_svg_adopt(const char *svg, const char *id, const char *label, struct fa_error *err);

#endif
