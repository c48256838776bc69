/**
 * The user and password of a request: from its URL, or from ~/.netrc.
 */
#ifndef FA_TRANSFER_LOGIN_H
#define FA_TRANSFER_LOGIN_H

#include <stddef.h>

/** Where they come from. */
enum fa_login_source {
    FA_LOGIN_NONE, /**< There are none. */
    FA_LOGIN_URL,
    FA_LOGIN_NETRC,
    FA_LOGIN_SOURCES
};

/** Which entries of ~/.netrc may be used. */
enum fa_netrc_use {
    FA_NETRC_NONE,
    FA_NETRC_NAMED, /**< Those that name the host. */
    FA_NETRC_ANY,   /**< Also the default entry. */
    FA_NETRC_USES
};

/** All zero: none. */
struct fa_login {
    enum fa_login_source source;
    char *user, *password; /**< Owned; FA_LOGIN_NETRC: not NULL, else NULL. */
};

/** Overwrite and release the texts. */
void fa_login_fini(struct fa_login *login);

/**
 * Search the text of a .netrc file.  Pure.
 *
 * @text   Terminated by a zero.
 * @host   As in fa_url.host.
 * @user   The user whose password it has to be; NULL: any.
 * @ret    Unchanged if there is no entry.
 * @return 0, or -1 when memory ran out.
 */
int fa_login_search(const char *text, const char *host, const char *user, enum fa_netrc_use use,
                    struct fa_login *ret);

/**
 * Choose the login of a request.  ~/.netrc is read each time, as curl does, so that it can be
 * changed during a run; a file that cannot be read has no entries.
 *
 * @url        The whole URL.  A password in it takes precedence.
 * @host_port  "host:port" of it, without brackets.
 * @return 0, or -1 when memory ran out.
 */
int fa_login_choose(const char *url, const char *host_port, enum fa_netrc_use use,
                    struct fa_login *ret);

#endif
