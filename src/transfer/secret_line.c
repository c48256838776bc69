/*
 * A colon, an "@" and a word that is the name of a secret may each announce one, and a line may
 * have all of them: "password: a@b", "user:a@b", "machine h login a@b password c".  The earliest
 * start wins, since hiding too much of a malformed line costs less than showing a password.
 */
#include "transfer/secret_line.h"

#include "transfer/secret_key.h"

#include <string.h>

const char *fa_secret_line_colon(const char *at)
{
    while ((at = strchr(at, ':'))) {
        size_t digits = strspn(at + 1, "0123456789");
        bool port = digits > 0 && (!at[1 + digits] || strchr("/?#", at[1 + digits]));
        if (!port && at[1] != '/' && at[1] != '\\')
            return at;
        ++at;
    }
    return NULL;
}

bool fa_secret_line_is_option(const char *line)
{
    return strncmp(line, "header=", 7) == 0;
}

/* What follows a word that is the name of a secret, as in a netrc file or in options of a program:
 * "machine h login u password SECRET", "--oauth2-bearer SECRET".  @return NULL: there is none */
static const char *secret_after_word(const char *line, const char *keys)
{
    static const char blanks[] = " \t";
    for (const char *word = line + strspn(line, blanks), *next; *word; word = next) {
        size_t len = strcspn(word, blanks);
        next = word + len + strspn(word + len, blanks);
        bool name = strcspn(word, ":") + 1 >= len;
        if (name && *next && *next != '=' && fa_secret_key(word, len, strlen(next), keys))
            return next;
    }
    return NULL;
}

/* A header, "Name: value" or "header=Name:value", is secret from its value on; so is an option,
 * "name = value".  In a login, "user:password@host", the user name is shown; without a password it
 * is a token. */
struct fa_secret_line fa_secret_line_find(const char *line, const char *authority, const char *keys)
{
    const char *colon = fa_secret_line_colon(authority);
    const char *equals = colon ? memchr(line, '=', (size_t)(colon - line)) : NULL;
    bool option = fa_secret_line_is_option(line);
    bool header = colon && (colon[1] == ' ' || option);
    const char *sign = header ? NULL : strchr(authority, '@');
    bool token = sign && (!colon || equals || colon > sign);
    const char *before = equals && !option ? equals : colon;
    const char *word = secret_after_word(line, keys);
    struct fa_secret_line found = {
        .secret = token    ? authority
                  : before ? before + 1 + (before[1] == ' ')
                           : NULL,
        .host = sign ? strrchr(sign, '@') + 1 : NULL,
    };
    if (word && (!found.secret || word < found.secret))
        found.secret = word;
    if (word)
        found.host = NULL;
    return found;
}
