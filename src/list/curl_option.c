#include "list/curl_option.h"

#include <string.h>

/* Those that are not here are unknown, and reported. */
static const struct {
    const char *name;
    char letter;
    enum fa_curl_action action;
} options[] = {
    {"url", 0, FA_CURL_URL},
    {"output", 'o', FA_CURL_OUTPUT},
    {"remote-name", 'O', FA_CURL_REMOTE},
    {"remote-name-all", 0, FA_CURL_REMOTE_ALL},
    {"output-dir", 0, FA_CURL_DIR},
    {"header", 'H', FA_CURL_HEADER},
    {"user-agent", 'A', FA_CURL_AGENT},
    {"referer", 'e', FA_CURL_REFERER},
    {"range", 'r', FA_CURL_RANGE},
    {"globoff", 'g', FA_CURL_GLOBOFF},
    {"next", ':', FA_CURL_NEXT},
    {"data", 'd', FA_CURL_REFUSE},
    {"data-ascii", 0, FA_CURL_REFUSE},
    {"data-binary", 0, FA_CURL_REFUSE},
    {"data-raw", 0, FA_CURL_REFUSE},
    {"data-urlencode", 0, FA_CURL_REFUSE},
    {"form", 'F', FA_CURL_REFUSE},
    {"form-string", 0, FA_CURL_REFUSE},
    {"get", 'G', FA_CURL_REFUSE},
    {"head", 'I', FA_CURL_REFUSE},
    {"json", 0, FA_CURL_REFUSE},
    {"request", 'X', FA_CURL_REFUSE},
    {"upload-file", 'T', FA_CURL_REFUSE},
    {"url-query", 0, FA_CURL_REFUSE},
    {"request-target", 0, FA_CURL_REFUSE},
    {"cookie", 'b', FA_CURL_COOKIE},
    {"oauth2-bearer", 0, FA_CURL_BEARER},
    {"proxy", 'x', FA_CURL_REFUSE_WAY},
    {"proxy1.0", 0, FA_CURL_REFUSE_WAY},
    {"preproxy", 0, FA_CURL_REFUSE_WAY},
    {"socks4", 0, FA_CURL_REFUSE_WAY},
    {"socks4a", 0, FA_CURL_REFUSE_WAY},
    {"socks5", 0, FA_CURL_REFUSE_WAY},
    {"socks5-hostname", 0, FA_CURL_REFUSE_WAY},
    {"connect-to", 0, FA_CURL_REFUSE_WAY},
    {"resolve", 0, FA_CURL_REFUSE_WAY},
    {"interface", 0, FA_CURL_REFUSE_WAY},
    {"unix-socket", 0, FA_CURL_REFUSE_WAY},
    {"abstract-unix-socket", 0, FA_CURL_REFUSE_WAY},
    {"compressed", 0, FA_CURL_NONE},
    {"continue-at", 'C', FA_CURL_NONE},
    {"create-dirs", 0, FA_CURL_NONE},
    {"fail", 'f', FA_CURL_NONE},
    {"fail-early", 0, FA_CURL_NONE},
    {"fail-with-body", 0, FA_CURL_NONE},
    {"location", 'L', FA_CURL_NONE},
    {"parallel", 'Z', FA_CURL_NONE},
    {"progress-bar", '#', FA_CURL_NONE},
    {"remote-time", 'R', FA_CURL_NONE},
    {"retry", 0, FA_CURL_NONE},
    {"show-error", 'S', FA_CURL_NONE},
    {"silent", 's', FA_CURL_NONE},
    {"write-out", 'w', FA_CURL_NONE},
};
#define OPTIONS (sizeof(options) / sizeof(*options))

static bool byte_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Unescape a quoted value, in place. */
static void value_unquote(char *at)
{
    static const char letters[] = "tnrv", bytes[] = "\t\n\r\v";
    char *to = at;
    for (++at; *at && *at != '"'; ++at) {
        if (*at == '\\' && at[1]) {
            const char *letter = strchr(letters, *++at);
            *to++ = letter ? bytes[letter - letters] : *at;
        } else {
            *to++ = *at;
        }
    }
    *to = '\0';
}

/* Split a line in place.  @return the letter of a short option; else 0 */
static char option_split(char *line, struct fa_curl_option *ret)
{
    bool dashed = *line == '-', is_long = dashed && line[1] == '-';
    char *at = line + (is_long ? 2 : dashed ? 1 : 0);
    char letter = dashed && !is_long ? *at : '\0';
    ret->name = at;
    if (letter)
        ++at;
    else
        at += strcspn(at, dashed ? " \t=" : " \t=:");
    char *end = at;
    while (byte_is_space(*at))
        ++at;
    if (!letter && (*at == '=' || (*at == ':' && !dashed)))
        ++at;
    while (byte_is_space(*at))
        ++at;
    ret->value = at;
    if (*at == '"')
        value_unquote(at);
    else
        at[strcspn(at, " \t\r")] = '\0';
    if (end != at)
        *end = '\0';
    return letter;
}

bool fa_curl_option_parse(char *line, struct fa_curl_option *ret)
{
    char letter = option_split(line, ret);
    for (size_t i = 0; i < OPTIONS; ++i) {
        if (letter ? options[i].letter != letter : strcmp(options[i].name, ret->name) != 0)
            continue;
        ret->name = options[i].name;
        ret->action = options[i].action;
        return true;
    }
    return false;
}

bool fa_curl_option_begins(const char *at, size_t len)
{
    size_t name = 0, equals;
    while (name < len && !byte_is_space(at[name]) && at[name] != '=')
        ++name;
    for (equals = name; equals < len && byte_is_space(at[equals]);)
        ++equals;
    if (equals == len || at[equals] != '=')
        return false;
    for (size_t i = 0; i < OPTIONS; ++i)
        if (strlen(options[i].name) == name && memcmp(options[i].name, at, name) == 0)
            return true;
    return false;
}
