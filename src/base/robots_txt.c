/*
 * A group is one or more lines "User-agent", followed by rules; other lines, such as Sitemap,
 * belong to no group and end none.  The groups of one crawler are one (RFC 9309, 2.2.1).  Lines
 * that are not understood are ignored, as are rules before the first group.
 *
 * Patterns and paths are compared in one form: what need not be percent-encoded is not, everything
 * else is, with upper-case digits.  A * or $ of a path is encoded, so that it never equals one of a
 * pattern that means something.
 */
#include "base/robots_txt.h"

#include "base/hex.h"
#include "base/http_field.h"

#include <stdlib.h>
#include <string.h>

/* Which group a line belongs to. */
enum group {
    GROUP_NONE,
    GROUP_OTHERS, /* of other crawlers */
    GROUP_ALL,    /* of "*" */
    GROUP_OURS,
};

struct parsing {
    struct fa_robots_txt *ours, all;
    const char *token;
    enum group group;
    bool found;  /* there is a group for us */
    bool agents; /* the last line of a group was User-agent */
    bool failed;
};

static bool byte_is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~", c));
}

static bool byte_is_encoded(unsigned char c, bool pattern)
{
    return c <= ' ' || c >= 127 || (!pattern && (c == '*' || c == '$'));
}

/* @return the byte that %XX stands for; -1: it is not encoded */
static int text_decode(const char *text, size_t len)
{
    return len > 2 && text[0] == '%' ? fa_hex_byte(text + 1) : -1;
}

/* @return malloc'd text, or NULL: no memory */
static char *text_normalise(const char *text, size_t len, bool pattern)
{
    static const char digits[] = "0123456789ABCDEF";
    char *ret = malloc(3 * len + 1), *out = ret;
    for (size_t i = 0; ret && i < len; ++i) {
        int decoded = text_decode(text + i, len - i);
        unsigned char c = decoded >= 0 ? (unsigned char)decoded : (unsigned char)text[i];
        i += decoded >= 0 ? 2 : 0;
        if (decoded >= 0 ? byte_is_unreserved(c) : !byte_is_encoded(c, pattern)) {
            *out++ = (char)c;
            continue;
        }
        *out++ = '%';
        *out++ = digits[c >> 4];
        *out++ = digits[c & 15];
    }
    if (ret)
        *out = '\0';
    return ret;
}

static void rules_add(struct parsing *p, struct fa_robots_txt *robots, bool allow, size_t line,
                      const char *value, size_t len)
{
    size_t n = robots->n_rules;
    if (len == 0)
        return; /* as if the line were not there */
    if ((n & (n + 1)) == 0) {
        void *rules = realloc(robots->rules, (2 * n + 2) * sizeof(*robots->rules));
        if (!rules) {
            p->failed = true;
            return;
        }
        robots->rules = rules;
    }
    char *pattern = text_normalise(value, len, true);
    p->failed |= !pattern;
    if (pattern)
        robots->rules[robots->n_rules++] = (struct fa_robots_rule){allow, line, pattern};
}

/* "fetchall/1.0" is for us, too: a token ends before what cannot be in one. */
static enum group agent_group(const char *value, size_t len, const char *token)
{
    size_t n = 0;
    if (len > 0 && value[0] == '*')
        return GROUP_ALL;
    while (n < len && (byte_is_unreserved((unsigned char)value[n]) && !strchr(".~", value[n])))
        ++n;
    return fa_http_is(value, n, token) ? GROUP_OURS : GROUP_OTHERS;
}

/* Several lines in a row name the crawlers of one group. */
static void parsing_take_agent(struct parsing *p, const char *value, size_t len)
{
    enum group group = agent_group(value, len, p->token);
    if (!p->agents || group > p->group)
        p->group = group;
    p->found |= group == GROUP_OURS;
    p->agents = true;
}

static double delay_read(const char *value, size_t len)
{
    char text[16];
    if (len == 0 || len >= sizeof(text))
        return 0;
    memcpy(text, value, len);
    text[len] = '\0';
    char *end = text;
    double seconds = text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : 0;
    if (*end || !(seconds > 0))
        return 0;
    return seconds < FA_ROBOTS_DELAY_MAX ? seconds : FA_ROBOTS_DELAY_MAX;
}

static void parsing_take_line(struct parsing *p, const char *line, size_t len, size_t number)
{
    const char *comment = memchr(line, '#', len);
    len = comment ? (size_t)(comment - line) : len;
    const char *colon = memchr(line, ':', len), *key = line;
    if (!colon)
        return;
    const char *value = colon + 1;
    size_t key_len = (size_t)(colon - line), value_len = len - key_len - 1;
    fa_http_trim(&key, &key_len);
    fa_http_trim(&value, &value_len);
    bool allow = fa_http_is(key, key_len, "Allow"), disallow = fa_http_is(key, key_len, "Disallow");
    bool delay = fa_http_is(key, key_len, "Crawl-delay");
    struct fa_robots_txt *robots = p->group == GROUP_OURS  ? p->ours
                                   : p->group == GROUP_ALL ? &p->all
                                                           : NULL;
    if (fa_http_is(key, key_len, "User-agent"))
        parsing_take_agent(p, value, value_len);
    else if (allow || disallow || delay)
        p->agents = false;
    if (robots && (allow || disallow))
        rules_add(p, robots, allow, number, value, value_len);
    else if (robots && delay)
        robots->delay = delay_read(value, value_len);
}

/* Lines end with LF, CR or both. */
static void parsing_take_text(struct parsing *p, const char *text, size_t len)
{
    static const char bom[] = "\xef\xbb\xbf";
    const char *end = text + len, *at = text;
    if (len >= 3 && memcmp(text, bom, 3) == 0)
        at += 3;
    for (size_t number = 1; at < end; ++number) {
        const char *stop = at;
        while (stop < end && *stop != '\n' && *stop != '\r')
            ++stop;
        parsing_take_line(p, at, (size_t)(stop - at), number);
        at = stop + 1 + (end - stop > 1 && stop[0] == '\r' && stop[1] == '\n');
    }
}

int fa_robots_txt_parse(struct fa_robots_txt *robots, const char *text, size_t len,
                        const char *token)
{
    struct parsing p = {.ours = robots, .token = token};
    *robots = (struct fa_robots_txt){0};
    parsing_take_text(&p, text, len < FA_ROBOTS_MAX ? len : FA_ROBOTS_MAX);
    if (p.found) {
        fa_robots_txt_fini(&p.all);
    } else {
        fa_robots_txt_fini(robots);
        *robots = p.all;
    }
    return p.failed ? -1 : 0;
}

void fa_robots_txt_fini(struct fa_robots_txt *robots)
{
    for (size_t i = 0; i < robots->n_rules; ++i)
        free(robots->rules[i].pattern);
    free(robots->rules);
    *robots = (struct fa_robots_txt){0};
}

/* Linear in the length of the path for each *: the last one alone needs to be moved. */
static bool pattern_fits(const char *pattern, const char *path)
{
    const char *star = NULL, *retry = NULL;
    for (;;) {
        if (!*pattern || (pattern[0] == '$' && !pattern[1] && !*path))
            return true;
        if (*pattern == '*') {
            star = ++pattern;
            retry = path;
        } else if (*path && *pattern == *path) {
            ++pattern;
            ++path;
        } else if (star && *retry) {
            pattern = star;
            path = ++retry;
        } else {
            return false;
        }
    }
}

/* The longest pattern decides; of two that are equally long, the one that allows. */
const struct fa_robots_rule *fa_robots_txt_find(const struct fa_robots_txt *robots,
                                                const char *path)
{
    const struct fa_robots_rule *best = NULL;
    size_t best_len = 0;
    char *normal = robots->n_rules > 0 ? text_normalise(path, strcspn(path, "#"), false) : NULL;
    for (size_t i = 0; normal && i < robots->n_rules; ++i) {
        const struct fa_robots_rule *rule = &robots->rules[i];
        size_t len = strlen(rule->pattern);
        bool better = !best || len > best_len || (len == best_len && rule->allow && !best->allow);
        if (better && pattern_fits(rule->pattern, normal)) {
            best = rule;
            best_len = len;
        }
    }
    free(normal);
    return best;
}
