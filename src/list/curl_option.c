/*
 * The table has every option of the manual of curl(1), so that a line with one that fetchall does
 * not know is a mistake, and is reported as one.  What decides between ignored and refused is the
 * harm of ignoring, as in aria2.c.
 *
 * Lines are parsed as curl does (K in its manual): the dashes may be missing, and a name is
 * followed by a space, "=" or ":"; a value in double quotes has escapes, and any other ends at a
 * space.
 */
#include "list/curl_option.h"

#include <string.h>

/* Every option of the manual of curl 7.88, sorted by name. */
static const struct fa_curl_row options[] = {
    {"abstract-unix-socket", 0, FA_CURL_REFUSE_WAY, NULL},
    {"alt-svc", 0, FA_CURL_IGNORE, NULL},
    {"anyauth", 0, FA_CURL_IGNORE, "--netrc"},
    {"append", 'a', FA_CURL_IGNORE, NULL},
    {"aws-sigv4", 0, FA_CURL_IGNORE, NULL},
    {"basic", 0, FA_CURL_IGNORE, "--netrc"},
    {"cacert", 0, FA_CURL_IGNORE, "--cacert"},
    {"capath", 0, FA_CURL_IGNORE, "--cacert"},
    {"cert", 'E', FA_CURL_IGNORE, "--cert"},
    {"cert-status", 0, FA_CURL_REFUSE_WAY, NULL},
    {"cert-type", 0, FA_CURL_IGNORE, NULL},
    {"ciphers", 0, FA_CURL_IGNORE, NULL},
    {"compressed", 0, FA_CURL_NONE, NULL},
    {"compressed-ssh", 0, FA_CURL_IGNORE, NULL},
    {"config", 'K', FA_CURL_IGNORE, NULL},
    {"connect-timeout", 0, FA_CURL_IGNORE, "--connect-timeout"},
    {"connect-to", 0, FA_CURL_REFUSE_WAY, "--resolve"},
    {"continue-at", 'C', FA_CURL_NONE, NULL},
    {"cookie", 'b', FA_CURL_COOKIE, "--cookies"},
    {"cookie-jar", 'c', FA_CURL_IGNORE, "--cookies"},
    {"create-dirs", 0, FA_CURL_NONE, NULL},
    {"create-file-mode", 0, FA_CURL_IGNORE, NULL},
    {"crlf", 0, FA_CURL_IGNORE, NULL},
    {"crlfile", 0, FA_CURL_REFUSE_WAY, NULL},
    {"curves", 0, FA_CURL_IGNORE, NULL},
    {"data", 'd', FA_CURL_REFUSE, NULL},
    {"data-ascii", 0, FA_CURL_REFUSE, NULL},
    {"data-binary", 0, FA_CURL_REFUSE, NULL},
    {"data-raw", 0, FA_CURL_REFUSE, NULL},
    {"data-urlencode", 0, FA_CURL_REFUSE, NULL},
    {"delegation", 0, FA_CURL_IGNORE, NULL},
    {"digest", 0, FA_CURL_IGNORE, "--netrc"},
    {"disable", 'q', FA_CURL_IGNORE, NULL},
    {"disable-eprt", 0, FA_CURL_IGNORE, NULL},
    {"disable-epsv", 0, FA_CURL_IGNORE, NULL},
    {"disallow-username-in-url", 0, FA_CURL_IGNORE, NULL},
    {"dns-interface", 0, FA_CURL_REFUSE_WAY, NULL},
    {"dns-ipv4-addr", 0, FA_CURL_REFUSE_WAY, NULL},
    {"dns-ipv6-addr", 0, FA_CURL_REFUSE_WAY, NULL},
    {"dns-servers", 0, FA_CURL_REFUSE_WAY, NULL},
    {"doh-cert-status", 0, FA_CURL_IGNORE, NULL},
    {"doh-insecure", 0, FA_CURL_IGNORE, NULL},
    {"doh-url", 0, FA_CURL_REFUSE_WAY, NULL},
    {"dump-header", 'D', FA_CURL_IGNORE, "--report"},
    {"egd-file", 0, FA_CURL_IGNORE, NULL},
    {"engine", 0, FA_CURL_IGNORE, NULL},
    {"etag-compare", 0, FA_CURL_IGNORE, "--sync"},
    {"etag-save", 0, FA_CURL_IGNORE, "--sync"},
    {"expect100-timeout", 0, FA_CURL_IGNORE, NULL},
    {"fail", 'f', FA_CURL_NONE, NULL},
    {"fail-early", 0, FA_CURL_NONE, NULL},
    {"fail-with-body", 0, FA_CURL_NONE, NULL},
    {"false-start", 0, FA_CURL_IGNORE, NULL},
    {"form", 'F', FA_CURL_REFUSE, NULL},
    {"form-escape", 0, FA_CURL_IGNORE, NULL},
    {"form-string", 0, FA_CURL_REFUSE, NULL},
    {"ftp-account", 0, FA_CURL_IGNORE, NULL},
    {"ftp-alternative-to-user", 0, FA_CURL_IGNORE, NULL},
    {"ftp-create-dirs", 0, FA_CURL_IGNORE, NULL},
    {"ftp-method", 0, FA_CURL_IGNORE, NULL},
    {"ftp-pasv", 0, FA_CURL_IGNORE, NULL},
    {"ftp-port", 'P', FA_CURL_IGNORE, NULL},
    {"ftp-pret", 0, FA_CURL_IGNORE, NULL},
    {"ftp-skip-pasv-ip", 0, FA_CURL_IGNORE, NULL},
    {"ftp-ssl-ccc", 0, FA_CURL_IGNORE, NULL},
    {"ftp-ssl-ccc-mode", 0, FA_CURL_IGNORE, NULL},
    {"ftp-ssl-control", 0, FA_CURL_IGNORE, NULL},
    {"get", 'G', FA_CURL_REFUSE, NULL},
    {"globoff", 'g', FA_CURL_GLOBOFF, NULL},
    {"happy-eyeballs-timeout-ms", 0, FA_CURL_IGNORE, NULL},
    {"haproxy-protocol", 0, FA_CURL_REFUSE_WAY, NULL},
    {"head", 'I', FA_CURL_REFUSE, NULL},
    {"header", 'H', FA_CURL_HEADER, NULL},
    {"help", 'h', FA_CURL_IGNORE, NULL},
    {"hostpubmd5", 0, FA_CURL_IGNORE, NULL},
    {"hostpubsha256", 0, FA_CURL_IGNORE, NULL},
    {"hsts", 0, FA_CURL_IGNORE, NULL},
    {"http0.9", 0, FA_CURL_IGNORE, NULL},
    {"http1.0", '0', FA_CURL_IGNORE, NULL},
    {"http1.1", 0, FA_CURL_IGNORE, "--http"},
    {"http2", 0, FA_CURL_IGNORE, "--http"},
    {"http2-prior-knowledge", 0, FA_CURL_IGNORE, NULL},
    {"http3", 0, FA_CURL_IGNORE, NULL},
    {"http3-only", 0, FA_CURL_IGNORE, NULL},
    {"ignore-content-length", 0, FA_CURL_IGNORE, NULL},
    {"include", 'i', FA_CURL_IGNORE, NULL},
    {"insecure", 'k', FA_CURL_IGNORE, "--insecure"},
    {"interface", 0, FA_CURL_REFUSE_WAY, NULL},
    {"ipv4", '4', FA_CURL_IGNORE, "-4"},
    {"ipv6", '6', FA_CURL_IGNORE, "-6"},
    {"json", 0, FA_CURL_REFUSE, NULL},
    {"junk-session-cookies", 'j', FA_CURL_IGNORE, "--cookies"},
    {"keepalive-time", 0, FA_CURL_IGNORE, NULL},
    {"key", 0, FA_CURL_IGNORE, "--key"},
    {"key-type", 0, FA_CURL_IGNORE, NULL},
    {"krb", 0, FA_CURL_IGNORE, NULL},
    {"libcurl", 0, FA_CURL_IGNORE, NULL},
    {"limit-rate", 0, FA_CURL_IGNORE, "--rate"},
    {"list-only", 'l', FA_CURL_IGNORE, NULL},
    {"local-port", 0, FA_CURL_IGNORE, NULL},
    {"location", 'L', FA_CURL_NONE, NULL},
    {"location-trusted", 0, FA_CURL_IGNORE, "--trust-host"},
    {"login-options", 0, FA_CURL_IGNORE, NULL},
    {"mail-auth", 0, FA_CURL_IGNORE, NULL},
    {"mail-from", 0, FA_CURL_IGNORE, NULL},
    {"mail-rcpt", 0, FA_CURL_IGNORE, NULL},
    {"mail-rcpt-allowfails", 0, FA_CURL_IGNORE, NULL},
    {"manual", 'M', FA_CURL_IGNORE, NULL},
    {"max-filesize", 0, FA_CURL_IGNORE, "--max-size"},
    {"max-redirs", 0, FA_CURL_IGNORE, NULL},
    {"max-time", 'm', FA_CURL_IGNORE, "--timeout"},
    {"metalink", 0, FA_CURL_IGNORE, NULL},
    {"negotiate", 0, FA_CURL_IGNORE, NULL},
    {"netrc", 'n', FA_CURL_IGNORE, "--netrc"},
    {"netrc-file", 0, FA_CURL_IGNORE, "--netrc"},
    {"netrc-optional", 0, FA_CURL_IGNORE, "--netrc"},
    {"next", ':', FA_CURL_NEXT, NULL},
    {"no-alpn", 0, FA_CURL_IGNORE, NULL},
    {"no-buffer", 'N', FA_CURL_IGNORE, NULL},
    {"no-clobber", 0, FA_CURL_NONE, NULL},
    {"no-keepalive", 0, FA_CURL_IGNORE, NULL},
    {"no-npn", 0, FA_CURL_IGNORE, NULL},
    {"no-progress-meter", 0, FA_CURL_NONE, NULL},
    {"no-sessionid", 0, FA_CURL_IGNORE, NULL},
    {"noproxy", 0, FA_CURL_IGNORE, "--proxy"},
    {"ntlm", 0, FA_CURL_IGNORE, NULL},
    {"ntlm-wb", 0, FA_CURL_IGNORE, NULL},
    {"oauth2-bearer", 0, FA_CURL_BEARER, NULL},
    {"output", 'o', FA_CURL_OUTPUT, NULL},
    {"output-dir", 0, FA_CURL_DIR, NULL},
    {"parallel", 'Z', FA_CURL_NONE, NULL},
    {"parallel-immediate", 0, FA_CURL_NONE, NULL},
    {"parallel-max", 0, FA_CURL_IGNORE, "--jobs"},
    {"pass", 0, FA_CURL_IGNORE, NULL},
    {"path-as-is", 0, FA_CURL_IGNORE, NULL},
    {"pinnedpubkey", 0, FA_CURL_REFUSE_WAY, NULL},
    {"post301", 0, FA_CURL_IGNORE, NULL},
    {"post302", 0, FA_CURL_IGNORE, NULL},
    {"post303", 0, FA_CURL_IGNORE, NULL},
    {"preproxy", 0, FA_CURL_REFUSE_WAY, "--proxy"},
    {"progress-bar", '#', FA_CURL_NONE, NULL},
    {"proto", 0, FA_CURL_IGNORE, NULL},
    {"proto-default", 0, FA_CURL_IGNORE, NULL},
    {"proto-redir", 0, FA_CURL_IGNORE, NULL},
    {"proxy", 'x', FA_CURL_REFUSE_WAY, "--proxy"},
    {"proxy-anyauth", 0, FA_CURL_IGNORE, NULL},
    {"proxy-basic", 0, FA_CURL_IGNORE, NULL},
    {"proxy-cacert", 0, FA_CURL_IGNORE, NULL},
    {"proxy-capath", 0, FA_CURL_IGNORE, NULL},
    {"proxy-cert", 0, FA_CURL_IGNORE, NULL},
    {"proxy-cert-type", 0, FA_CURL_IGNORE, NULL},
    {"proxy-ciphers", 0, FA_CURL_IGNORE, NULL},
    {"proxy-crlfile", 0, FA_CURL_IGNORE, NULL},
    {"proxy-digest", 0, FA_CURL_IGNORE, NULL},
    {"proxy-header", 0, FA_CURL_IGNORE, NULL},
    {"proxy-insecure", 0, FA_CURL_IGNORE, NULL},
    {"proxy-key", 0, FA_CURL_IGNORE, NULL},
    {"proxy-key-type", 0, FA_CURL_IGNORE, NULL},
    {"proxy-negotiate", 0, FA_CURL_IGNORE, NULL},
    {"proxy-ntlm", 0, FA_CURL_IGNORE, NULL},
    {"proxy-pass", 0, FA_CURL_IGNORE, NULL},
    {"proxy-pinnedpubkey", 0, FA_CURL_IGNORE, NULL},
    {"proxy-service-name", 0, FA_CURL_IGNORE, NULL},
    {"proxy-ssl-allow-beast", 0, FA_CURL_IGNORE, NULL},
    {"proxy-ssl-auto-client-cert", 0, FA_CURL_IGNORE, NULL},
    {"proxy-tls13-ciphers", 0, FA_CURL_IGNORE, NULL},
    {"proxy-tlsauthtype", 0, FA_CURL_IGNORE, NULL},
    {"proxy-tlspassword", 0, FA_CURL_IGNORE, NULL},
    {"proxy-tlsuser", 0, FA_CURL_IGNORE, NULL},
    {"proxy-tlsv1", 0, FA_CURL_IGNORE, NULL},
    {"proxy-user", 'U', FA_CURL_IGNORE, "--proxy"},
    {"proxy1.0", 0, FA_CURL_REFUSE_WAY, "--proxy"},
    {"proxytunnel", 'p', FA_CURL_IGNORE, NULL},
    {"pubkey", 0, FA_CURL_IGNORE, NULL},
    {"quote", 'Q', FA_CURL_IGNORE, NULL},
    {"random-file", 0, FA_CURL_IGNORE, NULL},
    {"range", 'r', FA_CURL_RANGE, NULL},
    {"rate", 0, FA_CURL_IGNORE, "--host-rate"},
    {"raw", 0, FA_CURL_IGNORE, NULL},
    {"referer", 'e', FA_CURL_REFERER, NULL},
    {"remote-header-name", 'J', FA_CURL_IGNORE, "--server-names"},
    {"remote-name", 'O', FA_CURL_REMOTE, NULL},
    {"remote-name-all", 0, FA_CURL_REMOTE_ALL, NULL},
    {"remote-time", 'R', FA_CURL_NONE, NULL},
    {"remove-on-error", 0, FA_CURL_NONE, NULL},
    {"request", 'X', FA_CURL_REFUSE, NULL},
    {"request-target", 0, FA_CURL_REFUSE, NULL},
    {"resolve", 0, FA_CURL_REFUSE_WAY, "--resolve"},
    {"retry", 0, FA_CURL_NONE, NULL},
    {"retry-all-errors", 0, FA_CURL_IGNORE, NULL},
    {"retry-connrefused", 0, FA_CURL_NONE, NULL},
    {"retry-delay", 0, FA_CURL_IGNORE, "--retry-wait"},
    {"retry-max-time", 0, FA_CURL_IGNORE, NULL},
    {"sasl-authzid", 0, FA_CURL_IGNORE, NULL},
    {"sasl-ir", 0, FA_CURL_IGNORE, NULL},
    {"service-name", 0, FA_CURL_IGNORE, NULL},
    {"show-error", 'S', FA_CURL_NONE, NULL},
    {"silent", 's', FA_CURL_NONE, NULL},
    {"socks4", 0, FA_CURL_REFUSE_WAY, "--proxy"},
    {"socks4a", 0, FA_CURL_REFUSE_WAY, "--proxy"},
    {"socks5", 0, FA_CURL_REFUSE_WAY, "--proxy"},
    {"socks5-basic", 0, FA_CURL_IGNORE, NULL},
    {"socks5-gssapi", 0, FA_CURL_IGNORE, NULL},
    {"socks5-gssapi-nec", 0, FA_CURL_IGNORE, NULL},
    {"socks5-gssapi-service", 0, FA_CURL_IGNORE, NULL},
    {"socks5-hostname", 0, FA_CURL_REFUSE_WAY, "--proxy"},
    {"speed-limit", 'Y', FA_CURL_IGNORE, "--stall-timeout"},
    {"speed-time", 'y', FA_CURL_IGNORE, "--stall-timeout"},
    {"ssl", 0, FA_CURL_IGNORE, NULL},
    {"ssl-allow-beast", 0, FA_CURL_IGNORE, NULL},
    {"ssl-auto-client-cert", 0, FA_CURL_IGNORE, NULL},
    {"ssl-no-revoke", 0, FA_CURL_IGNORE, NULL},
    {"ssl-reqd", 0, FA_CURL_IGNORE, NULL},
    {"ssl-revoke-best-effort", 0, FA_CURL_IGNORE, NULL},
    {"sslv2", '2', FA_CURL_IGNORE, NULL},
    {"sslv3", '3', FA_CURL_IGNORE, NULL},
    {"stderr", 0, FA_CURL_IGNORE, NULL},
    {"styled-output", 0, FA_CURL_IGNORE, NULL},
    {"suppress-connect-headers", 0, FA_CURL_IGNORE, NULL},
    {"tcp-fastopen", 0, FA_CURL_IGNORE, NULL},
    {"tcp-nodelay", 0, FA_CURL_IGNORE, NULL},
    {"telnet-option", 't', FA_CURL_IGNORE, NULL},
    {"tftp-blksize", 0, FA_CURL_IGNORE, NULL},
    {"tftp-no-options", 0, FA_CURL_IGNORE, NULL},
    {"time-cond", 'z', FA_CURL_IGNORE, "--sync"},
    {"tls-max", 0, FA_CURL_IGNORE, NULL},
    {"tls13-ciphers", 0, FA_CURL_IGNORE, NULL},
    {"tlsauthtype", 0, FA_CURL_IGNORE, NULL},
    {"tlspassword", 0, FA_CURL_IGNORE, NULL},
    {"tlsuser", 0, FA_CURL_IGNORE, NULL},
    {"tlsv1", '1', FA_CURL_IGNORE, "--tls-min"},
    {"tlsv1.0", 0, FA_CURL_IGNORE, "--tls-min"},
    {"tlsv1.1", 0, FA_CURL_IGNORE, "--tls-min"},
    {"tlsv1.2", 0, FA_CURL_IGNORE, "--tls-min"},
    {"tlsv1.3", 0, FA_CURL_IGNORE, "--tls-min"},
    {"tr-encoding", 0, FA_CURL_IGNORE, NULL},
    {"trace", 0, FA_CURL_IGNORE, NULL},
    {"trace-ascii", 0, FA_CURL_IGNORE, NULL},
    {"trace-time", 0, FA_CURL_IGNORE, NULL},
    {"unix-socket", 0, FA_CURL_REFUSE_WAY, NULL},
    {"upload-file", 'T', FA_CURL_REFUSE, NULL},
    {"url", 0, FA_CURL_URL, NULL},
    {"url-query", 0, FA_CURL_REFUSE, NULL},
    {"use-ascii", 'B', FA_CURL_IGNORE, NULL},
    {"user", 'u', FA_CURL_IGNORE, "--netrc"},
    {"user-agent", 'A', FA_CURL_AGENT, NULL},
    {"verbose", 'v', FA_CURL_IGNORE, "-v"},
    {"version", 'V', FA_CURL_IGNORE, NULL},
    {"write-out", 'w', FA_CURL_NONE, NULL},
    {"xattr", 0, FA_CURL_IGNORE, NULL},
};
#define OPTIONS (sizeof(options) / sizeof(*options))

const struct fa_curl_row *fa_curl_options(size_t *ret_count)
{
    *ret_count = OPTIONS;
    return options;
}

const struct fa_curl_row *fa_curl_option_find(const char *name, size_t len)
{
    for (size_t i = 0; i < OPTIONS; ++i)
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
            return &options[i];
    return NULL;
}

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
    ret->row = NULL;
    for (size_t i = 0; i < OPTIONS; ++i) {
        if (letter ? options[i].letter != letter : strcmp(options[i].name, ret->name) != 0)
            continue;
        ret->name = options[i].name;
        ret->row = &options[i];
        return true;
    }
    return false;
}

/* "name = value" alone is taken for the sign of such a file: "name value" may be text. */
bool fa_curl_option_begins(const char *at, size_t len)
{
    size_t name = 0, equals;
    while (name < len && !byte_is_space(at[name]) && at[name] != '=')
        ++name;
    for (equals = name; equals < len && byte_is_space(at[equals]);)
        ++equals;
    if (equals == len || at[equals] != '=')
        return false;
    return fa_curl_option_find(at, name) != NULL;
}
