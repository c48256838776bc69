/*
 * URLs as redis-cli(1) and the clients of Redis have them, with a parameter of our own for the name
 * of the queue.  A password in the URL is refused, since it would be in the arguments of the
 * program for all users of the machine to see.
 */
#include "queue/address.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT 6379

static int address_refuse(struct fa_error *err, const char *why)
{
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_REFUSED, "invalid URL of a queue: %s", why);
    return -1;
}

/* Copy len bytes.  @return 0, or -1 if there are too many, or none */
static int text_copy(char *to, size_t size, const char *from, size_t len)
{
    if (len == 0 || len >= size)
        return -1;
    memcpy(to, from, len);
    to[len] = '\0';
    return 0;
}

static int number_parse(const char *text, size_t len, unsigned most, unsigned *ret)
{
    char copy[12];
    char *end = copy;
    if (text_copy(copy, sizeof(copy), text, len) || !isdigit((unsigned char)*copy))
        return -1;
    unsigned long number = strtoul(copy, &end, 10);
    *ret = (unsigned)number;
    return *end || number > most ? -1 : 0;
}

/* The name is part of keys in Redis, whose hash tag is in braces. */
static bool name_is_valid(const char *name)
{
    for (; *name; ++name)
        if (!isalnum((unsigned char)*name) && !strchr("-_.", *name))
            return false;
    return true;
}

static int address_parse_query(struct fa_address *address, const char *query, struct fa_error *err)
{
    for (; *query; query += *query == '&') {
        size_t len = strcspn(query, "&");
        if (strncmp(query, "queue=", 6) == 0) {
            if (text_copy(address->name, sizeof(address->name), query + 6, len - 6) ||
                !name_is_valid(address->name))
                return address_refuse(err, "the name of a queue has 1 to 64 letters, digits, '-', "
                                           "'_' and '.'");
        } else if (strncmp(query, "db=", 3) != 0 ||
                   number_parse(query + 3, len - 3, 1000000, &address->db)) {
            return address_refuse(err, "after '?', only queue=NAME and db=NUMBER are known");
        }
        query += len;
    }
    return 0;
}

/* "[::1]:6379" or "example.org:6379". */
static int address_parse_host(struct fa_address *address, const char *text, size_t len,
                              struct fa_error *err)
{
    bool brackets = *text == '[';
    const char *end = brackets ? memchr(text, ']', len) : memchr(text, ':', len);
    size_t host = end ? (size_t)(end - text) : len, used = host + brackets;
    if (text_copy(address->host, sizeof(address->host), text + brackets, host - brackets) ||
        used > len || (used < len && text[used] != ':'))
        return address_refuse(err, "it has no host");
    if (used < len &&
        (number_parse(text + used + 1, len - used - 1, 65535, &address->port) || !address->port))
        return address_refuse(err, "the port is a number from 1 to 65535");
    return 0;
}

static int address_parse_authority(struct fa_address *address, const char *text, size_t len,
                                   struct fa_error *err)
{
    const char *at = memchr(text, '@', len);
    if (at) {
        size_t user = (size_t)(at - text);
        if (memchr(text, ':', user))
            return address_refuse(err, "it has a password, which other users of this machine can "
                                       "read: use --queue-auth FILE or $FETCHALL_QUEUE_AUTH");
        if (text_copy(address->user, sizeof(address->user), text, user))
            return address_refuse(err, "the user name is too long, or empty");
        text = at + 1;
        len -= user + 1;
    }
    return address_parse_host(address, text, len, err);
}

int fa_address_parse(const char *url, struct fa_address *ret, struct fa_error *err)
{
    static const char redis[] = "redis://", tls[] = "rediss://", local[] = "unix://";
    *ret = (struct fa_address){.port = PORT, .name = "default"};
    ret->tls = strncmp(url, tls, sizeof(tls) - 1) == 0;
    if (strncmp(url, local, sizeof(local) - 1) == 0) {
        const char *path = url + sizeof(local) - 1;
        size_t len = strcspn(path, "?");
        if (*path != '/' || text_copy(ret->socket, sizeof(ret->socket), path, len))
            return address_refuse(err, "unix:// requires the absolute name of a socket, of at most "
                                       "107 bytes");
        return path[len] ? address_parse_query(ret, path + len + 1, err) : 0;
    }
    if (!ret->tls && strncmp(url, redis, sizeof(redis) - 1) != 0)
        return address_refuse(err, "it begins with redis://, rediss:// or unix://");
    const char *text = url + (ret->tls ? sizeof(tls) : sizeof(redis)) - 1;
    size_t len = strcspn(text, "/?");
    if (address_parse_authority(ret, text, len, err))
        return -1;
    text += len;
    if (*text == '/' && strcspn(text + 1, "?") > 0 &&
        number_parse(text + 1, strcspn(text + 1, "?"), 1000000, &ret->db))
        return address_refuse(err, "its path is the number of a database");
    text += strcspn(text, "?");
    return *text ? address_parse_query(ret, text + 1, err) : 0;
}

void fa_address_print(const struct fa_address *address, char ret[FA_ADDRESS_TEXT])
{
    if (*address->socket)
        snprintf(ret, FA_ADDRESS_TEXT, "unix://%s", address->socket);
    else
        snprintf(ret, FA_ADDRESS_TEXT, "%s://%s:%u", address->tls ? "rediss" : "redis",
                 address->host, address->port);
}
