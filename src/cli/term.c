/*
 * Text from lists and servers may contain control characters that a terminal would obey: these are
 * printed as \xNN.  Also escaped are characters that change the direction of text, which
 * could disguise a name.
 */
#include "cli/term.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <fetchall/redact.h>

#include "base/utf8.h"

#define COLUMNS_DEFAULT 80
#define COLUMNS_MAX     1000

bool fa_term_redraws(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

bool fa_term_foreground(int fd)
{
    pid_t group = tcgetpgrp(fd);
    /* An error means that it is not the controlling terminal, so job control does not apply. */
    return group < 0 || group == getpgrp();
}

unsigned fa_term_columns(int fd)
{
    struct winsize size = {0};
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *text = getenv("COLUMNS");
    long columns = text ? strtol(text, NULL, 10) : 0;
    return columns > 0 && columns <= COLUMNS_MAX ? (unsigned)columns : COLUMNS_DEFAULT;
}

static bool code_is_harmful(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0)          /* C0, DEL, C1 */
           || code == 0x061c || code == 0x200e || code == 0x200f /* bidirectional marks */
           || (code >= 0x2028 && code <= 0x202e)  /* line separators, embeddings, overrides */
           || (code >= 0x2066 && code <= 0x2069); /* isolates */
}

/* The longest thing that one character becomes: four bytes as \xNN. */
#define STEP_MAX 17

/* Escape the character at *text if necessary, and move on. */
static size_t text_step(const char **text, char out[STEP_MAX])
{
    const char *at = *text;
    if (!*at)
        return 0;
    uint32_t code = 0;
    size_t len = fa_utf8_decode(at, &code);
    if (len && !code_is_harmful(code)) {
        memcpy(out, at, len);
        *text += len;
        return len;
    }
    size_t bytes = len ? len : 1;
    for (size_t i = 0; i < bytes; i++)
        snprintf(out + 4 * i, 5, "\\x%02x", (unsigned char)at[i]);
    *text += bytes;
    return 4 * bytes;
}

size_t fa_term_escape(const char *text, char *buf, size_t size)
{
    char piece[STEP_MAX];
    size_t total = 0;
    size_t kept = 0;
    for (size_t len; (len = text_step(&text, piece)) > 0; total += len) {
        /* After an omission nothing later may fill the gap. */
        if (kept == total && total + len < size) {
            memcpy(buf + total, piece, len);
            kept += len;
        }
    }
    if (size)
        buf[kept] = '\0';
    return total;
}

void fa_term_put(FILE *file, const char *text)
{
    char piece[STEP_MAX];
    for (size_t len; (len = text_step(&text, piece)) > 0;)
        fwrite(piece, 1, len, file);
}

void fa_term_error(const struct fa_error *err)
{
    char *text = fa_redact_text(err->msg, NULL);
    fputs("fetchall: ", stderr);
    fa_term_put(stderr, text ? text : "out of memory");
    fputc('\n', stderr);
    free(text);
}

int fa_term_flush(struct fa_error *err)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    fa_error_system(err, FA_CLASS_LOCAL_IO, errno, "cannot write to standard output");
    return -1;
}

/* Number of columns of the character at text, and of its bytes. */
static unsigned text_columns(const char *text, size_t *ret_len)
{
    uint32_t code = 0;
    size_t len = fa_utf8_decode(text, &code);
    *ret_len = len ? len : 1;
    int width = len ? wcwidth((wchar_t)code) : 1;
    return width < 0 ? 1 : (unsigned)width;
}

unsigned fa_term_width(const char *text)
{
    unsigned width = 0;
    for (size_t len; *text; text += len)
        width += text_columns(text, &len);
    return width;
}

void fa_term_cut(char *text, unsigned columns)
{
    if (fa_term_width(text) <= columns)
        return;
    /* Append as much of the cut mark as fits. */
    unsigned mark = columns >= 4 ? 2 : 0;
    char *at = text;
    for (unsigned width = 0; *at;) {
        size_t len;
        width += text_columns(at, &len);
        if (width > columns - mark)
            break;
        at += len;
    }
    /* What is cut off is at least as long as the mark: more columns than fit, one byte each. */
    memcpy(at, "..", mark);
    at[mark] = '\0';
}
