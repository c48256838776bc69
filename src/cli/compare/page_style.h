/**
 * The CSS of the page of a comparison.
 */
#ifndef FETCHALL_CLI_COMPARE_PAGE_STYLE_H
#define FETCHALL_CLI_COMPARE_PAGE_STYLE_H

/** The content of a style element; it refers to nothing outside of the page. */
extern const char fa_page_style[];

#endif
