/**
 * What fetchall doctor has found: a line for each check.
 */
#ifndef FETCHALL_CLI_FINDINGS_H
#define FETCHALL_CLI_FINDINGS_H

enum fa_finding {
    FA_FINDING_OK,
    FA_FINDING_NOTE, /**< It may explain a failure. */
    FA_FINDING_BAD,  /**< A run would fail, or some of its entries would. */
};

struct fa_findings {
    unsigned bad;
};

/** Print a finding, escaped.  @help  What to do; NULL: nothing. */
void fa_findings_put(struct fa_findings *findings, enum fa_finding finding, const char *name,
                     const char *help, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
