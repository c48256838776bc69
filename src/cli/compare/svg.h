/**
 * gnuplot's SVG made into a part of a page.
 *
 * Only what plots are made of is taken over: elements and attributes that are not in a list are
 * left out, or refused, so that nothing in a page can run, or be fetched.  Ids get a prefix,
 * since several plots stand in one page.  Colours become those of the page:
 *
 *    black                  the text's colour (currentColor)
 *    FA_SVG_SERIES + 1..9   var(--c1) to var(--c9)
 *    FA_SVG_GRID            var(--grid)
 */
#ifndef FETCHALL_CLI_COMPARE_SVG_H
#define FETCHALL_CLI_COMPARE_SVG_H

#include <fetchall/error.h>

/** Colours as gnuplot has them, red in the highest byte of three. */
#define FA_SVG_SERIES 0x010200
#define FA_SVG_GRID   0x010300

/** How many colours a page tells apart. */
#define FA_SVG_COLORS 9

/**
 * @id      Prefix of ids, and the class of the element; a word of ours.
 * @label   What is to be seen, for those who do not see it.
 * @return  An svg element, to be released with free(); NULL after an error.
 */
char *fa_svg_adopt(const char *svg, const char *id, const char *label, struct fa_error *err);

#endif
