/*
 * libcurl lets a host pass that no resolver can find: an address with a number that is too large,
 * or an internationalised name that is malformed.  Browsers refuse both.
 *
 * A host whose last label is a number is an address, and nothing else: so that no two programs
 * disagree on whether "1.2.3.4x" or "1.2.3.0x4" is one.
 */
#include "transfer/host.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ IPv4 addresses */

static int digit_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* A number as in C: hexadecimal, octal or decimal.  "0x" is 0.  @return whether it is one; one of
 * more than 32 bits becomes UINT32_MAX + 1. */
static bool number_parse(const char *at, size_t len, uint64_t *ret)
{
    const uint64_t most = (uint64_t)UINT32_MAX + 1;
    unsigned base = len > 1 && *at == '0' ? at[1] == 'x' ? 16 : 8 : 10;
    const char *end = at + len;
    if (len == 0)
        return false;
    at += base == 16 ? 2 : 0;
    for (*ret = 0; at < end; ++at) {
        unsigned digit = (unsigned)digit_value(*at);
        if (digit >= base)
            return false;
        *ret = *ret * base + digit;
        *ret = *ret < most ? *ret : most;
    }
    return true;
}

/* A dot at the end does not count. */
static size_t host_length(const char *host)
{
    size_t len = strlen(host);
    return len > 1 && host[len - 1] == '.' ? len - 1 : len;
}

static bool host_ends_in_number(const char *host)
{
    size_t len = host_length(host);
    const char *dot = memrchr(host, '.', len), *last = dot ? dot + 1 : host;
    size_t last_len = (size_t)(host + len - last);
    uint64_t unused;
    return (last_len > 0 && strspn(last, "0123456789") >= last_len) ||
           number_parse(last, last_len, &unused);
}

/* The last number fills all bytes that are left.  @return whether it is an address */
static bool address_parse(const char *host, uint32_t *ret)
{
    const char *at = host, *end = host + host_length(host), *dot;
    uint64_t number;
    *ret = 0;
    for (unsigned left = 32;; at = dot + 1) {
        dot = memchr(at, '.', (size_t)(end - at));
        if (left == 0 || !number_parse(at, (size_t)((dot ? dot : end) - at), &number))
            return false;
        if (!dot) {
            *ret |= (uint32_t)number;
            return number >> left == 0;
        }
        left -= 8;
        *ret |= (uint32_t)number << left;
        if (number > 255)
            return false;
    }
}

/* ------------------------------------------------------------------ Punycode (RFC 3492) */

#define SMALLEST 1u
#define LARGEST  26u

/* How much the next difference is expected to grow (6.1). */
static uint32_t bias_adapt(uint32_t delta, uint32_t count, bool first)
{
    uint32_t steps = 0;
    delta /= first ? 700 : 2;
    delta += delta / count;
    for (; delta > (36 - SMALLEST) * LARGEST / 2; steps += 36)
        delta /= 36 - SMALLEST;
    return steps + (36 - SMALLEST + 1) * delta / (delta + 38);
}

/* Read the next difference (6.2).  @return whether it is one of 32 bits */
static bool delta_read(const char **at, const char *end, uint32_t bias, uint32_t *ret)
{
    uint64_t delta = 0, weight = 1;
    for (uint32_t k = 36; *at < end && delta <= UINT32_MAX && weight <= UINT32_MAX; k += 36) {
        char c = *(*at)++;
        uint32_t digit = c >= 'a' && c <= 'z'   ? (uint32_t)(c - 'a')
                         : c >= '0' && c <= '9' ? (uint32_t)(c - '0') + 26
                                                : 36;
        uint32_t low = k <= bias ? SMALLEST : k >= bias + LARGEST ? LARGEST : k - bias;
        if (digit == 36)
            return false;
        delta += digit * weight;
        *ret = (uint32_t)delta;
        if (digit < low)
            return delta <= UINT32_MAX;
        weight *= 36 - low;
    }
    return false;
}

/* Controls and surrogates are in no name; ASCII needs no code. */
static bool character_is_valid(uint64_t c)
{
    return c >= 0xa0 && c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
}

/* Whether what follows "xn--" decodes to a name that is not only ASCII. */
static bool punycode_is_valid(const char *label, size_t len)
{
    const char *end = label + len, *dash = memrchr(label, '-', len);
    const char *at = dash ? dash + 1 : label;
    uint32_t count = dash ? (uint32_t)(dash - label) : 0, bias = 72, delta;
    uint64_t character = 128, place = 0;
    if (at == end)
        return false;
    for (bool first = true; at < end; first = false) {
        if (!delta_read(&at, end, bias, &delta))
            return false;
        bias = bias_adapt(delta, ++count, first);
        place += delta;
        character += place / count;
        place = place % count + 1;
        if (!character_is_valid(character))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ hosts */

static bool host_has_bad_punycode(const char *host)
{
    for (const char *at = host;; ++at) {
        size_t len = strcspn(at, ".");
        if (len >= 4 && memcmp(at, "xn--", 4) == 0 && !punycode_is_valid(at + 4, len - 4))
            return true;
        at += len;
        if (!*at)
            return false;
    }
}

/* "Forbidden domain code points": libcurl decodes a host, and lets some of them pass. */
static bool host_has_forbidden_byte(const char *host)
{
    for (; *host; ++host)
        if ((unsigned char)*host <= ' ' || *host == 0x7f || strchr("#/:<>?@[\\]^|%", *host))
            return true;
    return false;
}

const char *fa_host_check(const char *host, char ret_address[FA_HOST_ADDRESS])
{
    uint32_t ip;
    ret_address[0] = '\0';
    if (host_has_forbidden_byte(host))
        return "the host of the URL has a character that no host has";
    if (host_has_bad_punycode(host))
        return "the host of the URL has a label of invalid Punycode (xn--)";
    if (!host_ends_in_number(host))
        return NULL;
    if (!address_parse(host, &ip))
        return "the host of the URL ends in a number, but is not an IPv4 address";
    snprintf(ret_address, FA_HOST_ADDRESS, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255,
             ip & 255);
    return NULL;
}
