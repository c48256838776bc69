/**
 * Where a queue is: redis://HOST[:PORT][/DB][?queue=NAME], the same with rediss:// for TLS, or
 * unix:///PATH[?db=DB&queue=NAME].  Pure.
 *
 * A URL has no password: other users could read it in the list of processes.
 */
#ifndef FA_QUEUE_ADDRESS_H
#define FA_QUEUE_ADDRESS_H

#include <stdbool.h>

#include <fetchall/error.h>

/** The longest name of a queue. */
#define FA_ADDRESS_NAME_MAX 64

struct fa_address {
    char host[256]; /**< "": a socket. */
    unsigned port;
    char socket[108]; /**< As in struct sockaddr_un; "": host and port. */
    bool tls;
    unsigned db;
    char user[128]; /**< "": the default user. */
    char name[FA_ADDRESS_NAME_MAX + 1];
};

/** @return 0, or -1 with FA_CLASS_REFUSED; the message contains no password. */
int fa_address_parse(const char *url, struct fa_address *ret, struct fa_error *err);

/** The address as text without secrets, for messages. */
#define FA_ADDRESS_TEXT 512
void fa_address_print(const struct fa_address *address, char ret[FA_ADDRESS_TEXT]);

#endif
