/*
 * Formats the progress line for any width: the parts are tried in order of importance, and each
 * takes the most detailed form that still fits.
 *
 * The remaining time is estimated twice, by bytes and by entries, and the longer estimate is used:
 * bytes are right for large files, entries for many small ones.
 *
 * In the last stretch no entry is left to start, and only a few transfers are active.  The counts
 * then hardly change, so the line names the transfers that it waits for, the oldest first.  Before,
 * a wide line ends with the oldest transfers, if they take long.
 */
#include "cli/progress.h"

#include <stdio.h>
#include <string.h>

#include "cli/term.h"
#include "cli/units.h"

/* Seconds over which speeds are smoothed, and minimum between two samples. */
#define SMOOTHING 5.0
#define SAMPLE    0.2

/* Omit words on lines narrower than this. */
#define NARROW 60

/* Transfers named before the last stretch: at most that many, and only after that many seconds. */
#define OLDEST 3
#define LONG   10.0

/* Columns that they leave for the bar. */
#define BAR_ROOM 23

/* Space for one part of the line, and for its list of transfers. */
#define PART_MAX  1200
#define ITEMS_MAX 1100

void fa_rate_update(struct fa_rate *rate, const struct fa_progress *progress)
{
    double passed = progress->seconds - rate->at;
    if (passed < SAMPLE)
        return;
    /* Start with a plain average; later, old samples fade. */
    double past = rate->at < SMOOTHING ? rate->at : SMOOTHING;
    double weight = passed / (passed + past);
    double bytes = progress->bytes > rate->bytes ? (double)(progress->bytes - rate->bytes) : 0;
    double done = progress->done > rate->done ? (double)(progress->done - rate->done) : 0;
    rate->speed += weight * (bytes / passed - rate->speed);
    rate->ending += weight * (done / passed - rate->ending);
    rate->at = progress->seconds;
    rate->bytes = progress->bytes;
    rate->done = progress->done;
}

static uint64_t open_entries(const struct fa_progress *progress)
{
    return progress->entries > progress->done ? progress->entries - progress->done : 0;
}

/* Whether no entry is still waiting for its first attempt. */
static bool all_begun(const struct fa_progress *progress)
{
    uint64_t begun = (uint64_t)progress->active + progress->waiting + progress->hashing;
    return progress->entries_final && open_entries(progress) <= begun;
}

double fa_progress_left(const struct fa_progress *progress, const struct fa_rate *rate)
{
    if (!progress->entries_final)
        return -1;
    uint64_t open = open_entries(progress);
    if (open == 0)
        return 0;

    /* By bytes: the declared ones, and the average so far for each queued entry. */
    double by_bytes = -1;
    uint64_t begun = progress->done + progress->active;
    if (rate->speed > 0 && progress->expected > progress->bytes && begun > 0) {
        double total = (double)progress->expected;
        if (!all_begun(progress))
            total *= (double)progress->entries / (double)begun;
        by_bytes = (total - (double)progress->bytes) / rate->speed;
    }
    /* By entries: right for many small files.  The last few have no meaningful rate. */
    double by_entries = -1;
    if (rate->ending > 0 && !all_begun(progress))
        by_entries = (double)open / rate->ending;
    return by_bytes > by_entries ? by_bytes : by_entries;
}

bool fa_progress_last_stretch(const struct fa_progress *progress)
{
    return all_begun(progress) && open_entries(progress) > 0 && progress->active <= FA_ACTIVE_MAX;
}

/* "host/name" or "name" of a URL, escaped, in at most that many columns. */
static void short_name(const char *url, bool with_host, unsigned columns, char *buf, size_t size)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    size_t host_len = strcspn(host, "/?#");
    /* Passwords are *** already, but the user is useless here, too. */
    const char *at = memchr(host, '@', host_len);
    if (at) {
        host_len -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    const char *path = host + host_len;
    size_t path_len = strcspn(path, "?#");
    while (path_len && path[path_len - 1] == '/')
        --path_len;
    size_t name = path_len;
    while (name && path[name - 1] != '/')
        --name;

    char text[512];
    int name_len = (int)(path_len - name > 250 ? 250 : path_len - name);
    if (with_host || name_len == 0)
        snprintf(text, sizeof(text), "%.*s%s%.*s", (int)(host_len > 250 ? 250 : host_len), host,
                 name_len ? "/" : "", name_len, path + name);
    else
        snprintf(text, sizeof(text), "%.*s", name_len, path + name);
    fa_term_escape(text, buf, size);
    fa_term_cut(buf, columns);
}

/* Levels of detail for a transfer, in descending order. */
static const struct {
    bool host;
    enum { TELL_NAME, TELL_SHARE, TELL_BYTES } tell;
    unsigned columns;
} details[] = {
    {true, TELL_BYTES, 40},  {true, TELL_BYTES, 26},  {false, TELL_BYTES, 26},
    {false, TELL_SHARE, 26}, {false, TELL_SHARE, 16}, {false, TELL_NAME, 12},
};

static void put_active(const struct fa_active *active, size_t detail, char *buf, size_t size)
{
    char seconds[FA_UNITS_MAX], bytes[FA_UNITS_MAX], total[FA_UNITS_MAX];
    short_name(active->url, details[detail].host, details[detail].columns, buf, size);
    if (details[detail].tell == TELL_NAME)
        return;
    size_t len = strlen(buf);
    fa_units_seconds(active->seconds, seconds);
    fa_units_bytes((double)active->bytes, bytes);
    if (active->size <= 0)
        snprintf(buf + len, size - len, " %s %s", bytes, seconds);
    else if (details[detail].tell == TELL_BYTES)
        snprintf(buf + len, size - len, " %s of %s %s", bytes,
                 fa_units_bytes((double)active->size, total), seconds);
    else
        snprintf(buf + len, size - len, " %.0f%% %s",
                 100 * (double)active->bytes / (double)active->size, seconds);
}

/* Print as many of the first n oldest transfers as fit, in that detail.  @return their number.
 * "..." stands for the others, but not after bare names, for which space is scarce; the count shows
 * them. */
static size_t put_oldest(const struct fa_progress *progress, size_t n, size_t detail,
                         unsigned width, char *buf, size_t size)
{
    const char *more = details[detail].tell == TELL_NAME ? "" : ", ...";
    size_t len = 0;
    unsigned used = 0;
    size_t i = 0;
    for (; i < n; ++i) {
        char item[400];
        put_active(&progress->oldest[i], detail, item, sizeof(item));
        unsigned columns = fa_term_width(item) + (i ? 2 : 0);
        size_t rest = i + 1 < progress->active ? strlen(more) : 0;
        if (used + columns + rest > width || len + strlen(item) + 8 > size)
            break;
        len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? ", " : "", item);
        used += columns;
    }
    if (i > 0 && i < progress->active)
        snprintf(buf + len, size - len, "%s", more);
    return i;
}

/* What the run is waiting for, in the last stretch; empty if there is no space. */
static void put_waiting(const struct fa_progress *progress, unsigned width, char *buf, size_t size)
{
    const char *plural = progress->waiting == 1 ? "retry" : "retries";
    int len = 0;
    if (progress->active && progress->waiting)
        len = snprintf(buf, size, "waiting for %u and %u %s", progress->active, progress->waiting,
                       plural);
    else if (progress->active)
        len = snprintf(buf, size, "waiting for %u", progress->active);
    else if (progress->waiting)
        len = snprintf(buf, size, "waiting for %u %s", progress->waiting, plural);
    else
        len = snprintf(buf, size, "hashing %u %s", progress->hashing,
                       progress->hashing == 1 ? "file" : "files");
    if ((unsigned)len > width)
        buf[0] = '\0';
    if (!progress->active || (unsigned)len + 2 >= width)
        return;

    /* The first detail in which all fit; else the first in which one does.  Bare names are the
     * last resort. */
    char items[ITEMS_MAX];
    unsigned room = width - (unsigned)len - 2;
    const size_t count = sizeof(details) / sizeof(*details);
    size_t n = progress->n_oldest < FA_ACTIVE_MAX ? progress->n_oldest : FA_ACTIVE_MAX;
    size_t fit = 0;
    for (size_t i = 0; i + 1 < count && fit < progress->active; ++i)
        fit = put_oldest(progress, n, i, room, items, sizeof(items));
    if (fit < progress->active)
        fit = 0;
    for (size_t i = 0; i < count && fit == 0; ++i)
        fit = put_oldest(progress, n, i, room, items, sizeof(items));
    if (fit)
        snprintf(buf + len, size - (size_t)len, ": %s", items);
}

/* The origin that is waited for, escaped, if it is the only one; else "". */
static void put_only_origin(unsigned count, const char *origin, char *buf, size_t size)
{
    buf[0] = '\0';
    if (count == 1 && origin)
        fa_term_escape(origin, buf, size);
}

/* How long the run waits for hosts that are down, in the longest form that fits. */
static void put_down(const struct fa_progress *progress, unsigned width, char *buf, size_t size)
{
    char left[FA_UNITS_MAX], origin[400];
    fa_units_seconds(progress->down_left, left);
    put_only_origin(progress->down, progress->down_origin, origin, sizeof(origin));
    if (origin[0])
        snprintf(buf, size, "waiting up to %s for %s", left, origin);
    if (!origin[0] || fa_term_width(buf) > width)
        snprintf(buf, size, "waiting up to %s for %u host%s", left, progress->down,
                 fa_units_plural(progress->down));
    if (fa_term_width(buf) > width)
        snprintf(buf, size, "waiting up to %s", left);
}

/* How long hosts pause that asked for it, in the longest form that fits. */
static void put_paused(const struct fa_progress *progress, unsigned width, char *buf, size_t size)
{
    char left[FA_UNITS_MAX], origin[400];
    fa_units_seconds(progress->paused_left, left);
    put_only_origin(progress->paused, progress->paused_origin, origin, sizeof(origin));
    if (origin[0])
        snprintf(buf, size, "%s pauses for %s", origin, left);
    if (!origin[0] || fa_term_width(buf) > width)
        snprintf(buf, size, "%u host%s for %s", progress->paused,
                 progress->paused == 1 ? " pauses" : "s pause", left);
    if (fa_term_width(buf) > width)
        snprintf(buf, size, "pause %s", left);
}

/* The oldest transfers before the last stretch, if they take long. */
static void put_slowest(const struct fa_progress *progress, unsigned width, char *buf, size_t size)
{
    static const char title[] = "oldest: ";
    size_t n = 0;
    while (n < progress->n_oldest && n < OLDEST && progress->oldest[n].seconds >= LONG)
        ++n;
    if (n == 0 || width < sizeof(title) - 1)
        return;
    unsigned room = width - (unsigned)(sizeof(title) - 1);
    char items[ITEMS_MAX];
    size_t fit = 0;
    for (size_t i = 0; details[i].tell != TELL_NAME && fit < n; ++i)
        fit = put_oldest(progress, n, i, room, items, sizeof(items));
    if (fit)
        snprintf(buf, size, "%s%s", title, items);
}

enum part { FILES, BYTES, SPEED, LEFT, FAILED, DOWN, PAUSED, WAITING, SLOWEST, PARTS };

/* The parts of the line; an empty one is omitted. */
struct parts {
    char text[PARTS][PART_MAX];
};

static void fill_parts(const struct fa_progress *p, const struct fa_rate *rate, bool roomy,
                       struct parts *parts)
{
    char unit[FA_UNITS_MAX];
    const size_t size = sizeof(parts->text[0]);
    memset(parts, 0, sizeof(*parts));
    snprintf(parts->text[FILES], size, "%llu of %llu%s%s", (unsigned long long)p->done,
             (unsigned long long)p->entries, p->entries_final ? "" : "+", roomy ? " files" : "");
    snprintf(parts->text[BYTES], size, "%s", fa_units_bytes((double)p->bytes, unit));
    if (rate->at > 0)
        snprintf(parts->text[SPEED], size, "%s/s", fa_units_bytes(rate->speed, unit));
    /* No estimate is possible while little but probes of dead hosts is running. */
    double left = fa_progress_left(p, rate);
    if (left > 0 && !(p->down && p->active <= p->down))
        snprintf(parts->text[LEFT], size, "%s left", fa_units_seconds(left, unit));
    if (p->failed)
        snprintf(parts->text[FAILED], size, "%llu failed", (unsigned long long)p->failed);
}

/* "[====>     ] ", as wide as space permits. */
static unsigned put_bar(const struct fa_progress *p, unsigned room, char *buf, size_t size)
{
    enum { LEAST = 10, MOST = 30, FRAME = 3 };
    buf[0] = '\0';
    if (!p->entries_final || !p->entries || room < LEAST + FRAME)
        return 0;
    unsigned inner = room - FRAME < MOST ? room - FRAME : MOST;
    double share = (double)p->done / (double)p->entries;
    /* For a few large files, show bytes instead of entries. */
    if (all_begun(p) && p->expected > p->bytes)
        share = (double)p->bytes / (double)p->expected;
    unsigned filled = share < 1 ? (unsigned)(share * inner) : inner;
    snprintf(buf, size, "[%.*s%s%*s] ", (int)filled,
             "==============================", filled < inner ? ">" : "",
             (int)(inner - filled - (filled < inner)), "");
    return inner + FRAME;
}

/* The parts whose text depends on the space that is left. */
static void fill_part(enum part part, const struct fa_progress *progress, unsigned width, bool bar,
                      char *text)
{
    unsigned reserved = bar && progress->entries_final ? BAR_ROOM : 0;
    if (part == WAITING)
        put_waiting(progress, width, text, PART_MAX);
    else if (part == DOWN && progress->down)
        put_down(progress, width, text, PART_MAX);
    else if (part == PAUSED && progress->paused)
        put_paused(progress, width, text, PART_MAX);
    else if (part == SLOWEST && width > reserved)
        put_slowest(progress, width - reserved, text, PART_MAX);
}

unsigned fa_progress_format(const struct fa_progress *progress, const struct fa_rate *rate,
                            unsigned width, bool bar, char *buf, size_t size)
{
    /* In order of importance. */
    static const enum part normal[] = {FILES, FAILED, DOWN, PAUSED, LEFT, SPEED, BYTES, SLOWEST};
    static const enum part last[] = {FILES, FAILED, DOWN, PAUSED, LEFT, WAITING, SPEED, BYTES};
    static const enum part last_narrow[] = {FILES,  WAITING, FAILED, DOWN,
                                            PAUSED, LEFT,    SPEED,  BYTES};
    bool stretch = fa_progress_last_stretch(progress);
    const enum part *order = !stretch ? normal : width < NARROW ? last_narrow : last;
    const size_t count = sizeof(normal) / sizeof(*normal);

    struct parts parts;
    bool shown[PARTS] = {false};
    unsigned used = 0;
    fill_parts(progress, rate, width >= NARROW && !stretch, &parts);
    for (size_t i = 0; i < count; ++i) {
        char *text = parts.text[order[i]];
        unsigned gap = used ? 2 : 0;
        if (used + gap < width)
            fill_part(order[i], progress, width - used - gap, bar, text);
        unsigned columns = fa_term_width(text);
        if (columns == 0 || used + gap + columns > width)
            continue;
        shown[order[i]] = true;
        used += gap + columns;
    }

    buf[0] = '\0';
    if (bar)
        used += put_bar(progress, width - used, buf, size);
    size_t len = strlen(buf);
    const char *glue = "";
    for (size_t i = 0; i < PARTS; ++i) {
        if (!shown[i] || len + strlen(parts.text[i]) + 3 > size)
            continue;
        len += (size_t)snprintf(buf + len, size - len, "%s%s", glue, parts.text[i]);
        glue = "  ";
    }
    return used;
}
