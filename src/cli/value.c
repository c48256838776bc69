/*
 * Parsers for option values.  They are strict and independent of the locale: the whole text must be
 * consumed, and numbers are digits only.  strtoul(3) would accept spaces and signs: "-1" would be a
 * very large number.
 *
 * Suffixes of sizes are powers of 1024 in either case, as with curl's --limit-rate.
 */
#include "cli/value.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <fetchall/config.h>

#define DIGITS "0123456789"
/* One request per day. */
#define HOST_RATE_MIN (1.0 / 86400)

const char *fa_value_mode(unsigned mode)
{
    return fa_mode_name((enum fa_mode)mode);
}

const char *fa_value_http(unsigned http)
{
    static const char *const names[] = {[FA_HTTP_1_1] = "1.1", [FA_HTTP_2] = "2"};
    return http < sizeof(names) / sizeof(*names) ? names[http] : NULL;
}

const char *fa_value_tls(unsigned index)
{
    static const char *const names[] = {"1.0", "1.1", "1.2", "1.3"};
    return index < sizeof(names) / sizeof(*names) ? names[index] : NULL;
}

const char *fa_value_hash_with(unsigned model)
{
    static const char *const names[] = {[FA_HASH_WITH_PROCESS] = "process",
                                        [FA_HASH_WITH_THREAD] = "thread",
                                        [FA_HASH_WITH_INLINE] = "inline",
                                        [FA_HASH_WITH_AUTO] = "auto"};
    return model < sizeof(names) / sizeof(*names) ? names[model] : NULL;
}

/* Count the digits at the start of a text; 0 if there are none or the number is too large. */
static size_t text_digits(const char *text, uint64_t *ret_number)
{
    size_t len = strspn(text, DIGITS);
    uint64_t number = 0;
    for (size_t i = 0; i < len; ++i) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (number > (UINT64_MAX - digit) / 10)
            return 0;
        number = 10 * number + digit;
    }
    *ret_number = number;
    return len;
}

int fa_value_number(const char *text, uint64_t *ret_number)
{
    uint64_t number;
    size_t len = text_digits(text, &number);
    if (len == 0 || text[len])
        return -1;
    *ret_number = number;
    return 0;
}

int fa_value_size(const char *text, uint64_t *ret_bytes)
{
    static const char suffixes[] = "kKmMgG";
    uint64_t number;
    size_t len = text_digits(text, &number);
    if (len == 0)
        return -1;
    unsigned shift = 0;
    if (text[len]) {
        const char *suffix = strchr(suffixes, text[len]);
        if (!suffix || text[len + 1])
            return -1;
        shift = 10 * ((unsigned)(suffix - suffixes) / 2 + 1);
    }
    /* Must fit into off_t. */
    if (number > (uint64_t)INT64_MAX >> shift)
        return -1;
    *ret_bytes = number << shift;
    return 0;
}

/* The end of a decimal fraction at the start of a text, or NULL.  strtod() would also accept
 * spaces, signs, exponents, hexadecimals, "inf" and "nan". */
static const char *text_fraction(const char *text)
{
    size_t whole = strspn(text, DIGITS);
    const char *end = text + whole;
    size_t fraction = 0;
    if (*end == '.') {
        fraction = strspn(end + 1, DIGITS);
        end += 1 + fraction;
    }
    return whole + fraction > 0 ? end : NULL;
}

int fa_value_seconds(const char *text, double *ret_seconds)
{
    const char *end = text_fraction(text);
    double factor = 1;
    if (!end)
        return -1;
    if (*end) {
        factor = *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 : 0;
        if (end[1] || !(factor > 0))
            return -1;
    }
    /* strtod() stops at the unit. */
    *ret_seconds = strtod(text, NULL) * factor;
    return 0;
}

/* The order matters only for the first one, which is that of the manifest. */
int fa_value_hashes(const char *text, unsigned *ret_bits, unsigned *ret_first)
{
    unsigned bits = 0;
    unsigned first = 0;
    if (strcmp(text, "none") != 0) {
        for (const char *at = text;; ++at) {
            size_t len = strcspn(at, ",");
            unsigned hash = fa_hash_from_name(at, len);
            if (!hash || hash & FA_HASHES_WEAK)
                return -1;
            bits |= hash;
            first = first ? first : hash;
            at += len;
            if (!*at)
                break;
        }
    }
    *ret_bits = bits;
    *ret_first = first;
    return 0;
}

int fa_value_segments(const char *text, unsigned *ret_segments)
{
    uint64_t number = 0;
    if (strcmp(text, "auto") == 0)
        number = FA_SEGMENTS_AUTO;
    else if (fa_value_number(text, &number) || number < 1 || number > FA_SEGMENTS_MAX)
        return -1;
    *ret_segments = (unsigned)number;
    return 0;
}

int fa_value_auto(const char *text, unsigned limit, unsigned *ret_most, bool *ret_auto)
{
    uint64_t most;
    bool search = strncmp(text, "auto", 4) == 0;
    if (search && !text[4]) {
        *ret_most = 0;
        *ret_auto = true;
        return 0;
    }
    if (search && text[4] != ':')
        return -1;
    if (fa_value_number(text + (search ? 5 : 0), &most) || most == 0 || most > limit)
        return -1;
    *ret_most = (unsigned)most;
    *ret_auto = search;
    return 0;
}

int fa_value_per_host(const char *text, unsigned *ret_most, bool *ret_auto)
{
    return fa_value_auto(text, FA_PER_HOST_MAX, ret_most, ret_auto);
}

/* So small a rate that it is not 0 would wait for ever. */
int fa_value_host_rate(const char *text, double *ret_rate)
{
    const char *end = text_fraction(text);
    double rate = end && !*end ? strtod(text, NULL) : -1;
    if (rate < 0 || rate > FA_HOST_RATE_MAX || (rate > 0 && rate < HOST_RATE_MIN))
        return -1;
    *ret_rate = rate;
    return 0;
}

/* 0 would stop a run before it starts, and more than 100 % never. */
int fa_value_halt(const char *text, uint64_t *ret_count, bool *ret_percent)
{
    uint64_t count;
    size_t len = text_digits(text, &count);
    bool percent = len > 0 && text[len] == '%';
    if (len == 0 || text[len + percent] || count == 0 || (percent && count > 100))
        return -1;
    *ret_count = count;
    *ret_percent = percent;
    return 0;
}

/* Whether len bytes are an address of the family. */
static bool text_is_address(int family, const char *text, size_t len)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char binary[sizeof(struct in6_addr)];
    if (len == 0 || len >= sizeof(copy))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return inet_pton(family, copy, binary) == 1;
}

/* An IPv6 address may have a zone: "fe80::1%eth0" (RFC 4007, 11). */
static bool text_is_v6(const char *text, size_t len)
{
    static const char unreserved[] = DIGITS "abcdefghijklmnopqrstuvwxyz"
                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ-._~";
    const char *sign = memchr(text, '%', len);
    if (!sign)
        return text_is_address(AF_INET6, text, len);
    size_t zone = len - (size_t)(sign + 1 - text);
    return zone > 0 && zone < IF_NAMESIZE && strspn(sign + 1, unreserved) >= zone &&
           text_is_address(AF_INET6, text, (size_t)(sign - text));
}

static bool is_bracketed_v6(const char *text, size_t len)
{
    return len > 2 && text[0] == '[' && text[len - 1] == ']' && text_is_v6(text + 1, len - 2);
}

/* The format of curl's --resolve. */
int fa_value_resolve(const char *text)
{
    size_t host = *text == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":");
    if (host == 0 || host > strlen(text) || text[host] != ':')
        return -1;
    /* An IPv6 address has colons, so it must be in brackets to be the host. */
    if (*text == '[' ? memchr(text, '%', host) || !is_bracketed_v6(text, host)
                     : strcspn(text, " \t\r\n,/@%") < host)
        return -1;

    uint64_t number;
    const char *port = text + host + 1;
    size_t digits = text_digits(port, &number);
    if (digits == 0 || port[digits] != ':' || number == 0 || number > 65535)
        return -1;

    for (const char *address = port + digits + 1;; ++address) {
        size_t len = strcspn(address, ",");
        if (!text_is_address(AF_INET, address, len) && !text_is_v6(address, len) &&
            !is_bracketed_v6(address, len))
            return -1;
        address += len;
        if (!*address)
            return 0;
    }
}

int fa_value_header(const char *line, size_t len)
{
    /* RFC 9110, 5.6.2 */
    static const char token[] = "!#$%&'*+-.^_`|~" DIGITS "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    /* A line end would start another header, and a zero would cut this one. */
    if (memchr(line, '\0', len) || memchr(line, '\r', len) || memchr(line, '\n', len))
        return -1;
    size_t name = 0;
    while (name < len && strchr(token, line[name]))
        ++name;
    if (name == 0 || name == len)
        return -1;
    return line[name] == ':' || (line[name] == ';' && name + 1 == len) ? 0 : -1;
}
