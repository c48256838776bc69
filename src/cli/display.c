/*
 * The bar is one line on standard error that is drawn again and again.  Any other line is printed
 * between fa_display_begin() and fa_display_end(): the bar is erased before it and drawn again
 * after it.
 *
 * A message is collected in memory (open_memstream(3)) together with the erasing and the new bar,
 * and written at once: in pieces, it would flicker and mix with the output of other programs.
 */
#include "cli/display.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/events.h"
#include "cli/json.h"
#include "cli/term.h"

/* Seconds between two plain lines, and between two drawings of the bar. */
#define PLAIN_INTERVAL 10.0
#define BAR_INTERVAL   0.09

/* Width of a plain line, which need not fit a terminal. */
#define PLAIN_COLUMNS 160

void fa_display_init(struct fa_display *display, enum fa_progress_mode mode, bool quiet)
{
    *display = (struct fa_display){.mode = mode};
    if (mode != FA_PROGRESS_AUTO)
        return;
    if (quiet)
        display->mode = FA_PROGRESS_NONE;
    else
        display->mode = fa_term_redraws(STDERR_FILENO) ? FA_PROGRESS_BAR : FA_PROGRESS_PLAIN;
}

/* Ignore errors: if standard error fails, they cannot be reported. */
static void display_write(const char *text, size_t len)
{
    while (len) {
        ssize_t done = write(STDERR_FILENO, text, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return;
        text += done;
        len -= (size_t)done;
    }
}

/* A process in the background draws nothing: the line belongs to the job in the foreground. */
static void display_draw_bar(struct fa_display *display, const struct fa_progress *progress,
                             double time)
{
    if (time - display->shown < BAR_INTERVAL || !fa_term_foreground(STDERR_FILENO))
        return;
    display->shown = time;
    /* Leave the last column free: some terminals wrap after it. */
    unsigned columns = fa_term_columns(STDERR_FILENO);
    fa_progress_format(progress, &display->rate, columns - 1, true, display->line,
                       sizeof(display->line));
    char frame[sizeof(display->line) + 8];
    int len = snprintf(frame, sizeof(frame), "\r%s\033[K", display->line);
    display_write(frame, (size_t)len);
    display->drawn = true;
}

/* Standard error is often a log file, where a line is kept: print few of them. */
static void display_put_plain(struct fa_display *display, const struct fa_progress *progress,
                              double time)
{
    if (time - display->shown < PLAIN_INTERVAL)
        return;
    display->shown = time;
    fa_progress_format(progress, &display->rate, PLAIN_COLUMNS, false, display->line,
                       sizeof(display->line));
    fprintf(fa_display_begin(display), "fetchall: %s\n", display->line);
    fa_display_end(display);
}

static void display_put_json(struct fa_display *display, const struct fa_event *event, double time)
{
    if (!fa_events_due(&event->progress, time, &display->shown))
        return;
    json_t *object = fa_events_object(event, time);
    char *line = object ? fa_json_line(object, isatty(STDERR_FILENO) != 0) : NULL;
    if (line) {
        fprintf(fa_display_begin(display), "%s\n", line);
        fa_display_end(display);
    }
    free(line);
    json_decref(object);
}

void fa_display_progress(struct fa_display *display, const struct fa_event *event, double time)
{
    fa_rate_update(&display->rate, &event->progress);
    switch (display->mode) {
    case FA_PROGRESS_BAR:
        display_draw_bar(display, &event->progress, time);
        break;
    case FA_PROGRESS_PLAIN:
        display_put_plain(display, &event->progress, time);
        break;
    case FA_PROGRESS_JSON:
        display_put_json(display, event, time);
        break;
    case FA_PROGRESS_AUTO:
    case FA_PROGRESS_NONE:
        break;
    }
}

FILE *fa_display_begin(struct fa_display *display)
{
    display->message = open_memstream(&display->text, &display->len);
    /* Without memory, print directly; the bar is then not erased before. */
    if (!display->message)
        return stderr;
    if (display->drawn)
        fputs(FA_DISPLAY_CLEAR, display->message);
    return display->message;
}

void fa_display_end(struct fa_display *display)
{
    if (!display->message)
        return;
    if (display->drawn)
        fputs(display->line, display->message);
    if (fclose(display->message) == 0)
        display_write(display->text, display->len);
    free(display->text);
    display->message = NULL;
    display->text = NULL;
}

void fa_display_fini(struct fa_display *display)
{
    if (display->drawn)
        display_write(FA_DISPLAY_CLEAR, strlen(FA_DISPLAY_CLEAR));
    display->drawn = false;
}
