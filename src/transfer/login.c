/*
 * libcurl could read ~/.netrc itself, but would use a default entry for hosts that a redirect has
 * chosen, and does not tell whether there was an entry.
 *
 * The format is that of libcurl 7.88: tokens separated by white space; "#" begins a comment; a
 * token may be quoted, with the escapes \n, \r, \t and \ before any other character; "macdef"
 * extends to an empty line.  Entries are tried in the order of the file, and the first one that
 * fits is used; not if it has control characters.
 */
#include "transfer/login.h"

#include "base/netrc.h"

#include <curl/curl.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define NETRC_MAX (1024 * 1024)

/* Ends each token: no token of libcurl is longer than a line of 4096 bytes. */
#define TOKEN_MAX 4096

static void secret_free(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void fa_login_fini(struct fa_login *login)
{
    secret_free(login->user);
    secret_free(login->password);
    *login = (struct fa_login){0};
}

struct tokens {
    const char *at;
    char token[TOKEN_MAX];
    bool failed; /* a token is malformed: the rest is not understood */
};

static const char spaces[] = " \t\r\n\v\f";

/* Copy a quoted token, which ends in its line.  @at  After the quotation mark. */
static const char *token_unquote(struct tokens *tokens, const char *at)
{
    size_t n = 0;
    for (; *at != '"'; ++at) {
        char c = *at;
        if (c == '\\' && at[1]) {
            c = *++at;
            c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
        }
        if (!c || *at == '\n' || n == TOKEN_MAX - 1) {
            tokens->failed = true;
            return at;
        }
        tokens->token[n++] = c;
    }
    tokens->token[n] = '\0';
    return at + 1;
}

/* @return the next token, or NULL */
static const char *tokens_next(struct tokens *tokens)
{
    if (tokens->failed)
        return NULL;
    const char *at = tokens->at + strspn(tokens->at, spaces);
    while (*at == '#') {
        at += strcspn(at, "\n");
        at += strspn(at, spaces);
    }
    if (*at == '"') {
        tokens->at = token_unquote(tokens, at + 1);
        return tokens->failed ? NULL : tokens->token;
    }
    size_t len = strcspn(at, spaces);
    tokens->at = at + len;
    tokens->failed = len >= TOKEN_MAX;
    if (len == 0 || tokens->failed)
        return NULL;
    memcpy(tokens->token, at, len);
    tokens->token[len] = '\0';
    return tokens->token;
}

/* Skip the lines of a macro. */
static void tokens_skip_macro(struct tokens *tokens)
{
    const char *end = strstr(tokens->at, "\n\n"), *dos = strstr(tokens->at, "\n\r\n");
    if (dos && (!end || dos < end))
        end = dos;
    tokens->at = end ? end : tokens->at + strlen(tokens->at);
}

struct search {
    const char *host, *user;
    enum fa_netrc_use use;
    bool fits; /* the current entry is for the host */
    struct fa_login found;
};

/* Whether the entry that was read is the one. */
static bool search_ends(const struct search *search)
{
    const char *user = search->found.user;
    return search->fits && user && (!search->user || strcmp(user, search->user) == 0);
}

static int search_set(char **field, const char *value)
{
    secret_free(*field);
    *field = strdup(value);
    return *field ? 0 : -1;
}

/* An entry can have several pairs of login and password. */
static bool search_begins_pair(const struct search *search, const char *word)
{
    return strcasecmp(word, "machine") == 0 || strcasecmp(word, "default") == 0 ||
           (strcasecmp(word, "login") == 0 && search->found.user && search->found.password);
}

static int search_word(struct search *search, struct tokens *tokens, const char *word)
{
    const char *value;
    if (strcasecmp(word, "machine") == 0) {
        value = tokens_next(tokens);
        search->fits = value && strcasecmp(value, search->host) == 0;
    } else if (strcasecmp(word, "default") == 0) {
        search->fits = search->use == FA_NETRC_ANY;
    } else if (strcasecmp(word, "login") == 0) {
        value = tokens_next(tokens);
        return value ? search_set(&search->found.user, value) : 0;
    } else if (strcasecmp(word, "password") == 0) {
        value = tokens_next(tokens);
        return value ? search_set(&search->found.password, value) : 0;
    } else if (strcasecmp(word, "account") == 0) {
        tokens_next(tokens);
    } else if (strcasecmp(word, "macdef") == 0) {
        tokens_skip_macro(tokens);
    }
    return 0;
}

static int netrc_search(struct search *search, struct tokens *tokens)
{
    const char *word;
    while ((word = tokens_next(tokens))) {
        if (search_begins_pair(search, word)) {
            if (search_ends(search))
                return 0;
            fa_login_fini(&search->found);
        }
        if (search_word(search, tokens, word))
            return -1;
    }
    search->fits &= !tokens->failed;
    return 0;
}

/* Digest would send a line break of a user name as it is (RFC 7617, 2, forbids them). */
static bool login_is_clean(const struct fa_login *login)
{
    const char *const texts[] = {login->user, login->password};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); ++i)
        for (const char *at = texts[i]; *at; ++at)
            if ((unsigned char)*at < ' ')
                return false;
    return true;
}

int fa_login_search(const char *text, const char *host, const char *user, enum fa_netrc_use use,
                    struct fa_login *ret)
{
    struct search search = {.host = host, .user = user, .use = use};
    struct tokens tokens = {.at = text};
    if (use == FA_NETRC_NONE)
        return 0;
    int result = netrc_search(&search, &tokens);
    if (result == 0 && search_ends(&search) && !search.found.password)
        result = search_set(&search.found.password, "");
    if (result == 0 && search_ends(&search) && login_is_clean(&search.found)) {
        *ret = search.found;
        ret->source = FA_LOGIN_NETRC;
        search.found = (struct fa_login){0};
    }
    fa_login_fini(&search.found);
    explicit_bzero(&tokens, sizeof(tokens));
    return result;
}

/* @return the text, NETRC_MAX bytes at most, to be freed; "" if there is none; NULL: no memory */
static char *netrc_read(void)
{
    char *path = fa_netrc_path(), *text = NULL;
    struct stat st;
    size_t len = 0;
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    bool readable = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    size_t room = readable && st.st_size > 0 && st.st_size < NETRC_MAX ? (size_t)st.st_size : 0;
    text = malloc(room + 1);
    for (ssize_t got; text && len < room; len += (size_t)got)
        if ((got = read(fd, text + len, room - len)) <= 0)
            break;
    if (text)
        text[len] = '\0';
    if (fd >= 0)
        close(fd);
    free(path);
    return text;
}

/* The user and password of a URL, decoded; NULL for those that it has not. */
struct url_login {
    char *user, *password;
};

static void url_login_get(const char *url, struct url_login *ret)
{
    *ret = (struct url_login){0};
    const char *authority = strstr(url, "://");
    if (!authority || !memchr(authority + 3, '@', strcspn(authority + 3, "/?#")))
        return;
    CURLU *handle = curl_url();
    if (handle && curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK) {
        curl_url_get(handle, CURLUPART_USER, &ret->user, CURLU_URLDECODE);
        curl_url_get(handle, CURLUPART_PASSWORD, &ret->password, CURLU_URLDECODE);
    }
    curl_url_cleanup(handle);
}

static int netrc_choose(const char *host_port, const char *user, enum fa_netrc_use use,
                        struct fa_login *ret)
{
    const char *colon = strrchr(host_port, ':');
    char *text = netrc_read();
    char *host = colon ? strndup(host_port, (size_t)(colon - host_port)) : strdup(host_port);
    int result = text && host ? fa_login_search(text, host, user, use, ret) : -1;
    secret_free(text);
    free(host);
    return result;
}

/* Which user a redirect names must not select a password, so a URL with a user needs an entry for
 * it, and only where the URL is the user's own. */
int fa_login_choose(const char *url, const char *host_port, enum fa_netrc_use use,
                    struct fa_login *ret)
{
    struct url_login own;
    int result = 0;
    url_login_get(url, &own);
    *ret = (struct fa_login){.source = own.user || own.password ? FA_LOGIN_URL : FA_LOGIN_NONE};
    bool search = own.user ? use == FA_NETRC_ANY && !own.password : !own.password;
    if (search && use != FA_NETRC_NONE)
        result = netrc_choose(host_port, own.user, use, ret);
    if (own.password)
        explicit_bzero(own.password, strlen(own.password));
    curl_free(own.user);
    curl_free(own.password);
    return result;
}
