#include "cli/compare/page_style.h"

/*
 * The colours of contestants are those of Okabe and Ito, which colour-blind people can distinguish.
 * Some are darker on a light background, and lighter on a dark one, for a contrast of 3:1 (WCAG
 * 2.1, 1.4.11).  The seventh is the colour of text.
 */
#define LIGHT                                                                                      \
    "--paper:#fff;--ink:#1c2024;--soft:#59636e;--grid:#d5dae0;--panel:#f4f6f8;--good:#00694c;"     \
    "--bad:#a33c00;--c1:#0072b2;--c2:#d55e00;--c3:#009069;--c4:#c05f95;--c5:#2f8fcb;--c6:#b97c00;" \
    "--c7:#1c2024;--c8:#968b00;--c9:#7d858d;"
#define DARK                                                                                       \
    "--paper:#15181b;--ink:#e4e8ec;--soft:#a0a9b3;--grid:#363c43;--panel:#1f2429;--good:#4cd3a5;"  \
    "--bad:#ff9a5c;--c1:#3b9fe0;--c2:#f07d2b;--c3:#1fbf93;--c4:#dc93bd;--c5:#8fd0fa;--c6:#f2b33d;" \
    "--c7:#e4e8ec;--c8:#f0e442;--c9:#8d969f;"

const char fa_page_style[] =
    ":root{color-scheme:light dark;" LIGHT "}\n"
    "@media (prefers-color-scheme:dark){:root{" DARK "}}\n"
    "@media print{:root{" LIGHT "}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);"
    "font:16px/1.5 system-ui,sans-serif;-webkit-text-size-adjust:100%;text-size-adjust:100%}\n"
    "main{max-width:70rem;margin:0 auto;padding:1.25rem 1rem 3rem}\n"
    "h1,h2,h3,p,dd,li{overflow-wrap:anywhere}\n"
    "h1{font-size:1.15rem;font-weight:600;line-height:1.3;margin:0}\n"
    "h2{font-size:1.25rem;line-height:1.3;margin:2.5rem 0 .75rem}\n"
    "h3{font-size:1rem;line-height:1.3;margin:0}\n"
    ".meta,figcaption p,.note{color:var(--soft);font-size:.875rem;margin:.2rem 0 0}\n"
    ".verdict{margin:1.25rem 0 0;padding:1rem 1.25rem;background:var(--panel);"
    "border-left:.3rem solid var(--good);border-radius:.25rem}\n"
    ".verdict.none{border-left-color:var(--bad)}\n"
    ".verdict h2{margin:0 0 .35rem;font-size:1.6rem}\n"
    ".verdict p{margin:.35rem 0}\n"
    ".warn{color:var(--bad)}\n"
    "pre{margin:.75rem 0 0;padding:.6rem .75rem;background:var(--paper);"
    "border:1px solid var(--grid);border-radius:.25rem;white-space:pre-wrap;"
    "overflow-wrap:anywhere;font:.9rem/1.45 ui-monospace,monospace}\n"
    ".scroll{overflow-x:auto;margin:.5rem 0 1.5rem}\n"
    ".scroll:focus-visible{outline:2px solid var(--c1);outline-offset:2px}\n"
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}\n"
    "caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\n"
    "th,td{padding:.4rem .75rem;text-align:right;white-space:nowrap;"
    "border-bottom:1px solid var(--grid)}\n"
    "thead th{color:var(--soft);font-weight:500;vertical-align:bottom}\n"
    "th:first-child{text-align:left;position:sticky;left:0;background:var(--paper);"
    "white-space:normal}\n"
    "tbody th{min-width:8rem}tbody th span{white-space:nowrap}\n"
    "tbody th{font-weight:500}\n"
    "tr.best th,tr.best td{font-weight:700}\n"
    "abbr{text-decoration:none;color:var(--soft)}\n"
    ".swatch{display:inline-block;width:.7em;height:.7em;margin-right:.5em;"
    "border-radius:.15em}\n"
    ".swatch.c1{background:var(--c1)}.swatch.c2{background:var(--c2)}"
    ".swatch.c3{background:var(--c3)}.swatch.c4{background:var(--c4)}"
    ".swatch.c5{background:var(--c5)}.swatch.c6{background:var(--c6)}"
    ".swatch.c7{background:var(--c7)}.swatch.c8{background:var(--c8)}"
    ".swatch.c9{background:var(--c9)}\n"
    ".figures{display:grid;gap:1.75rem 2.5rem;align-items:start;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr))}\n"
    ".note+.figures{margin-top:1.75rem}\n"
    "figure{margin:0;min-width:0;max-width:34rem}\n"
    "svg.plot{display:block;width:100%;height:auto;margin-top:.5rem}\n"
    "svg.plot text{font-family:system-ui,sans-serif;fill:currentColor}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.25rem;margin:0}\n"
    "dt{color:var(--soft)}dd{margin:0}\n"
    "summary{cursor:pointer;margin:1.5rem 0 .5rem}\n"
    "@media (max-width:34rem){dl{display:block}dd{margin:0 0 .6rem}"
    "th,td{padding:.4rem .5rem}.verdict{padding:.85rem 1rem}.verdict h2{font-size:1.35rem}}\n";
