/*
 * The table has every option of the manual of aria2c(1), version 1.36, also those that it does not
 * take from an input file, because people copy lines of its configuration.
 *
 * What decides between ignored and refused is the harm of ignoring: a direct connection instead of
 * one through a proxy, or a download instead of a test, is harm that nobody sees.
 */
#include "list/aria2.h"

#include <stdlib.h>
#include <string.h>

/* Sorted by name. */
static const struct fa_aria2_option options[] = {
    {"all-proxy", FA_ARIA2_REFUSED, "use --proxy, or a section of --hosts"},
    {"all-proxy-passwd", FA_ARIA2_SECRET, NULL},
    {"all-proxy-user", FA_ARIA2_IGNORED, NULL},
    {"allow-overwrite", FA_ARIA2_IGNORED, "--overwrite"},
    {"allow-piece-length-change", FA_ARIA2_IGNORED, NULL},
    {"always-resume", FA_ARIA2_IGNORED, NULL},
    {"async-dns", FA_ARIA2_IGNORED, NULL},
    {"async-dns-server", FA_ARIA2_IGNORED, NULL},
    {"auto-file-renaming", FA_ARIA2_IGNORED, NULL},
    {"auto-save-interval", FA_ARIA2_IGNORED, NULL},
    {"bt-detach-seed-only", FA_ARIA2_IGNORED, NULL},
    {"bt-enable-hook-after-hash-check", FA_ARIA2_IGNORED, NULL},
    {"bt-enable-lpd", FA_ARIA2_IGNORED, NULL},
    {"bt-exclude-tracker", FA_ARIA2_IGNORED, NULL},
    {"bt-external-ip", FA_ARIA2_IGNORED, NULL},
    {"bt-force-encryption", FA_ARIA2_IGNORED, NULL},
    {"bt-hash-check-seed", FA_ARIA2_IGNORED, NULL},
    {"bt-load-saved-metadata", FA_ARIA2_IGNORED, NULL},
    {"bt-lpd-interface", FA_ARIA2_IGNORED, NULL},
    {"bt-max-open-files", FA_ARIA2_IGNORED, NULL},
    {"bt-max-peers", FA_ARIA2_IGNORED, NULL},
    {"bt-metadata-only", FA_ARIA2_IGNORED, NULL},
    {"bt-min-crypto-level", FA_ARIA2_IGNORED, NULL},
    {"bt-prioritize-piece", FA_ARIA2_IGNORED, NULL},
    {"bt-remove-unselected-file", FA_ARIA2_IGNORED, NULL},
    {"bt-request-peer-speed-limit", FA_ARIA2_IGNORED, NULL},
    {"bt-require-crypto", FA_ARIA2_IGNORED, NULL},
    {"bt-save-metadata", FA_ARIA2_IGNORED, NULL},
    {"bt-seed-unverified", FA_ARIA2_IGNORED, NULL},
    {"bt-stop-timeout", FA_ARIA2_IGNORED, NULL},
    {"bt-tracker", FA_ARIA2_IGNORED, NULL},
    {"bt-tracker-connect-timeout", FA_ARIA2_IGNORED, NULL},
    {"bt-tracker-interval", FA_ARIA2_IGNORED, NULL},
    {"bt-tracker-timeout", FA_ARIA2_IGNORED, NULL},
    {"ca-certificate", FA_ARIA2_IGNORED, "--cacert"},
    {"certificate", FA_ARIA2_IGNORED, "--cert"},
    {"check-certificate", FA_ARIA2_IGNORED, "--insecure"},
    {"check-integrity", FA_ARIA2_IGNORED, NULL},
    {"checksum", FA_ARIA2_DONE, NULL},
    {"conditional-get", FA_ARIA2_IGNORED, "--sync"},
    {"conf-path", FA_ARIA2_IGNORED, NULL},
    {"connect-timeout", FA_ARIA2_IGNORED, "--connect-timeout"},
    {"console-log-level", FA_ARIA2_IGNORED, NULL},
    {"content-disposition-default-utf8", FA_ARIA2_IGNORED, NULL},
    {"continue", FA_ARIA2_IGNORED, NULL},
    {"daemon", FA_ARIA2_IGNORED, NULL},
    {"deferred-input", FA_ARIA2_IGNORED, NULL},
    {"dht-entry-point", FA_ARIA2_IGNORED, NULL},
    {"dht-entry-point6", FA_ARIA2_IGNORED, NULL},
    {"dht-file-path", FA_ARIA2_IGNORED, NULL},
    {"dht-file-path6", FA_ARIA2_IGNORED, NULL},
    {"dht-listen-addr6", FA_ARIA2_IGNORED, NULL},
    {"dht-listen-port", FA_ARIA2_IGNORED, NULL},
    {"dht-message-timeout", FA_ARIA2_IGNORED, NULL},
    {"dir", FA_ARIA2_DONE, NULL},
    {"disable-ipv6", FA_ARIA2_IGNORED, "-4"},
    {"disk-cache", FA_ARIA2_IGNORED, NULL},
    {"download-result", FA_ARIA2_IGNORED, NULL},
    {"dry-run", FA_ARIA2_REFUSED_TRUE, "use --plan"},
    {"dscp", FA_ARIA2_IGNORED, NULL},
    {"enable-async-dns6", FA_ARIA2_IGNORED, NULL},
    {"enable-color", FA_ARIA2_IGNORED, NULL},
    {"enable-dht", FA_ARIA2_IGNORED, NULL},
    {"enable-dht6", FA_ARIA2_IGNORED, NULL},
    {"enable-http-keep-alive", FA_ARIA2_IGNORED, NULL},
    {"enable-http-pipelining", FA_ARIA2_IGNORED, NULL},
    {"enable-mmap", FA_ARIA2_IGNORED, NULL},
    {"enable-peer-exchange", FA_ARIA2_IGNORED, NULL},
    {"enable-rpc", FA_ARIA2_IGNORED, NULL},
    {"event-poll", FA_ARIA2_IGNORED, NULL},
    {"file-allocation", FA_ARIA2_IGNORED, NULL},
    {"follow-metalink", FA_ARIA2_IGNORED, NULL},
    {"follow-torrent", FA_ARIA2_IGNORED, NULL},
    {"force-save", FA_ARIA2_IGNORED, NULL},
    {"force-sequential", FA_ARIA2_IGNORED, NULL},
    {"ftp-passwd", FA_ARIA2_SECRET, NULL},
    {"ftp-pasv", FA_ARIA2_IGNORED, NULL},
    {"ftp-proxy", FA_ARIA2_SECRET, NULL},
    {"ftp-proxy-passwd", FA_ARIA2_SECRET, NULL},
    {"ftp-proxy-user", FA_ARIA2_IGNORED, NULL},
    {"ftp-reuse-connection", FA_ARIA2_IGNORED, NULL},
    {"ftp-type", FA_ARIA2_IGNORED, NULL},
    {"ftp-user", FA_ARIA2_IGNORED, NULL},
    {"gid", FA_ARIA2_IGNORED, NULL},
    {"hash-check-only", FA_ARIA2_REFUSED_TRUE, "use fetchall verify"},
    {"header", FA_ARIA2_DONE, NULL},
    {"help", FA_ARIA2_IGNORED, NULL},
    {"http-accept-gzip", FA_ARIA2_IGNORED, NULL},
    {"http-auth-challenge", FA_ARIA2_IGNORED, NULL},
    {"http-no-cache", FA_ARIA2_NO_CACHE, "Cache-Control: no-cache"},
    {"http-passwd", FA_ARIA2_PASSWORD, NULL},
    {"http-proxy", FA_ARIA2_REFUSED, "use --proxy, or a section of --hosts"},
    {"http-proxy-passwd", FA_ARIA2_SECRET, NULL},
    {"http-proxy-user", FA_ARIA2_IGNORED, NULL},
    {"http-user", FA_ARIA2_USER, NULL},
    {"https-proxy", FA_ARIA2_REFUSED, "use --proxy, or a section of --hosts"},
    {"https-proxy-passwd", FA_ARIA2_SECRET, NULL},
    {"https-proxy-user", FA_ARIA2_IGNORED, NULL},
    {"human-readable", FA_ARIA2_IGNORED, NULL},
    {"index-out", FA_ARIA2_IGNORED, NULL},
    {"input-file", FA_ARIA2_IGNORED, NULL},
    {"interface", FA_ARIA2_IGNORED, NULL},
    {"keep-unfinished-download-result", FA_ARIA2_IGNORED, NULL},
    {"listen-port", FA_ARIA2_IGNORED, NULL},
    {"load-cookies", FA_ARIA2_IGNORED, "--cookies"},
    {"log", FA_ARIA2_IGNORED, "--events"},
    {"log-level", FA_ARIA2_IGNORED, NULL},
    {"lowest-speed-limit", FA_ARIA2_IGNORED, "--speed-limit"},
    {"max-concurrent-downloads", FA_ARIA2_IGNORED, "-j"},
    {"max-connection-per-server", FA_ARIA2_IGNORED, "--per-host"},
    {"max-download-limit", FA_ARIA2_IGNORED, "--rate"},
    {"max-download-result", FA_ARIA2_IGNORED, NULL},
    {"max-file-not-found", FA_ARIA2_IGNORED, NULL},
    {"max-mmap-limit", FA_ARIA2_IGNORED, NULL},
    {"max-overall-download-limit", FA_ARIA2_IGNORED, "--rate"},
    {"max-overall-upload-limit", FA_ARIA2_IGNORED, NULL},
    {"max-resume-failure-tries", FA_ARIA2_IGNORED, NULL},
    {"max-tries", FA_ARIA2_IGNORED, "--retries"},
    {"max-upload-limit", FA_ARIA2_IGNORED, NULL},
    {"metalink-base-uri", FA_ARIA2_IGNORED, NULL},
    {"metalink-enable-unique-protocol", FA_ARIA2_IGNORED, NULL},
    {"metalink-file", FA_ARIA2_IGNORED, NULL},
    {"metalink-language", FA_ARIA2_IGNORED, NULL},
    {"metalink-location", FA_ARIA2_IGNORED, NULL},
    {"metalink-os", FA_ARIA2_IGNORED, NULL},
    {"metalink-preferred-protocol", FA_ARIA2_IGNORED, NULL},
    {"metalink-version", FA_ARIA2_IGNORED, NULL},
    {"min-split-size", FA_ARIA2_IGNORED, "--segments"},
    {"min-tls-version", FA_ARIA2_IGNORED, "--tls-min"},
    {"multiple-interface", FA_ARIA2_IGNORED, NULL},
    {"netrc-path", FA_ARIA2_IGNORED, "--netrc"},
    {"no-conf", FA_ARIA2_IGNORED, NULL},
    {"no-file-allocation-limit", FA_ARIA2_IGNORED, NULL},
    {"no-netrc", FA_ARIA2_IGNORED, NULL},
    {"no-proxy", FA_ARIA2_IGNORED, "--hosts"},
    {"on-bt-download-complete", FA_ARIA2_IGNORED, NULL},
    {"on-download-complete", FA_ARIA2_IGNORED, "--exec"},
    {"on-download-error", FA_ARIA2_IGNORED, NULL},
    {"on-download-pause", FA_ARIA2_IGNORED, NULL},
    {"on-download-start", FA_ARIA2_IGNORED, NULL},
    {"on-download-stop", FA_ARIA2_IGNORED, NULL},
    {"optimize-concurrent-downloads", FA_ARIA2_IGNORED, NULL},
    {"out", FA_ARIA2_DONE, NULL},
    {"parameterized-uri", FA_ARIA2_REFUSED_TRUE, "list each URL"},
    {"pause", FA_ARIA2_IGNORED, NULL},
    {"pause-metadata", FA_ARIA2_IGNORED, NULL},
    {"peer-agent", FA_ARIA2_IGNORED, NULL},
    {"peer-id-prefix", FA_ARIA2_IGNORED, NULL},
    {"piece-length", FA_ARIA2_IGNORED, NULL},
    {"private-key", FA_ARIA2_IGNORED, "--key"},
    {"proxy-method", FA_ARIA2_IGNORED, NULL},
    {"quiet", FA_ARIA2_IGNORED, "-q"},
    {"realtime-chunk-checksum", FA_ARIA2_IGNORED, NULL},
    {"referer", FA_ARIA2_HEADER, "Referer: "},
    {"remote-time", FA_ARIA2_IGNORED, "--remote-time"},
    {"remove-control-file", FA_ARIA2_IGNORED, NULL},
    {"retry-wait", FA_ARIA2_IGNORED, "--retry-wait"},
    {"reuse-uri", FA_ARIA2_IGNORED, NULL},
    {"rlimit-nofile", FA_ARIA2_IGNORED, NULL},
    {"rpc-allow-origin-all", FA_ARIA2_IGNORED, NULL},
    {"rpc-certificate", FA_ARIA2_IGNORED, NULL},
    {"rpc-listen-all", FA_ARIA2_IGNORED, NULL},
    {"rpc-listen-port", FA_ARIA2_IGNORED, NULL},
    {"rpc-max-request-size", FA_ARIA2_IGNORED, NULL},
    {"rpc-passwd", FA_ARIA2_SECRET, NULL},
    {"rpc-private-key", FA_ARIA2_IGNORED, NULL},
    {"rpc-save-upload-metadata", FA_ARIA2_IGNORED, NULL},
    {"rpc-secret", FA_ARIA2_SECRET, NULL},
    {"rpc-secure", FA_ARIA2_IGNORED, NULL},
    {"rpc-user", FA_ARIA2_IGNORED, NULL},
    {"save-cookies", FA_ARIA2_IGNORED, NULL},
    {"save-not-found", FA_ARIA2_IGNORED, NULL},
    {"save-session", FA_ARIA2_IGNORED, NULL},
    {"save-session-interval", FA_ARIA2_IGNORED, NULL},
    {"seed-ratio", FA_ARIA2_IGNORED, NULL},
    {"seed-time", FA_ARIA2_IGNORED, NULL},
    {"select-file", FA_ARIA2_IGNORED, NULL},
    {"server-stat-if", FA_ARIA2_IGNORED, NULL},
    {"server-stat-of", FA_ARIA2_IGNORED, NULL},
    {"server-stat-timeout", FA_ARIA2_IGNORED, NULL},
    {"show-console-readout", FA_ARIA2_IGNORED, NULL},
    {"show-files", FA_ARIA2_IGNORED, "--plan"},
    {"socket-recv-buffer-size", FA_ARIA2_IGNORED, NULL},
    {"split", FA_ARIA2_IGNORED, "--segments"},
    {"ssh-host-key-md", FA_ARIA2_IGNORED, NULL},
    {"stderr", FA_ARIA2_IGNORED, NULL},
    {"stop", FA_ARIA2_IGNORED, NULL},
    {"stop-with-process", FA_ARIA2_IGNORED, NULL},
    {"stream-piece-selector", FA_ARIA2_IGNORED, NULL},
    {"summary-interval", FA_ARIA2_IGNORED, NULL},
    {"timeout", FA_ARIA2_IGNORED, "--stall-timeout"},
    {"torrent-file", FA_ARIA2_IGNORED, NULL},
    {"truncate-console-readout", FA_ARIA2_IGNORED, NULL},
    {"uri-selector", FA_ARIA2_IGNORED, NULL},
    {"use-head", FA_ARIA2_IGNORED, NULL},
    {"user-agent", FA_ARIA2_HEADER, "User-Agent: "},
    {"version", FA_ARIA2_IGNORED, NULL},
};

#define OPTIONS (sizeof(options) / sizeof(*options))

/* More than the bytes of a header's name. */
#define SPARE 64

struct name {
    const char *at;
    size_t len;
};

static int name_compare(const void *key, const void *row)
{
    const struct name *name = key;
    const struct fa_aria2_option *option = row;
    int order = strncmp(name->at, option->name, name->len);
    return order != 0 ? order : option->name[name->len] ? -1 : 0;
}

const struct fa_aria2_option *fa_aria2_find(const char *name, size_t len)
{
    struct name key = {name, len};
    return memchr(name, '\0', len)
               ? NULL
               : bsearch(&key, options, OPTIONS, sizeof(*options), name_compare);
}

const struct fa_aria2_option *fa_aria2_options(size_t *ret_count)
{
    *ret_count = OPTIONS;
    return options;
}

static size_t header_put(struct fa_entry *entry, char *to, const char *name, const char *value,
                         size_t len)
{
    char *end = stpcpy(stpcpy(to, "header="), name);
    end = mempcpy(end, value, len);
    *end = '\0';
    fa_entry_add_option(entry, to, (size_t)(end - to));
    return (size_t)(end - to) + 1;
}

static void option_refuse(struct fa_entry *entry, const struct fa_aria2_option *option)
{
    if (entry->error.class == FA_CLASS_NONE)
        fa_error_set(&entry->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                     "option '%s' of aria2c is not supported for an entry: %s", option->name,
                     option->hint);
}

static bool kind_is_login(enum fa_aria2_kind kind)
{
    return kind == FA_ARIA2_USER || kind == FA_ARIA2_PASSWORD;
}

static const struct fa_aria2_option *option_find(const char *at, size_t len)
{
    const char *equals = memchr(at, '=', len);
    return fa_aria2_find(at, equals ? (size_t)(equals - at) : len);
}

size_t fa_aria2_room(const char *at, size_t len)
{
    const struct fa_aria2_option *option = option_find(at, len);
    if (!option)
        return 0;
    return kind_is_login(option->kind)                                            ? 3 * len + SPARE
           : option->kind == FA_ARIA2_HEADER || option->kind == FA_ARIA2_NO_CACHE ? len + SPARE
                                                                                  : 0;
}

/* @value  NULL: none.  It may contain a zero byte, which fa_entry_add_option() refuses. */
static size_t option_apply(struct fa_entry *entry, const struct fa_aria2_option *option,
                           struct fa_aria2_login *login, char *at, size_t len, const char *value,
                           char *to)
{
    size_t value_len = value ? len - (size_t)(value - at) : 0;
    bool is_true = value_len == 4 && memcmp(value, "true", 4) == 0;
    switch (option->kind) {
    case FA_ARIA2_HEADER:
        return value_len > 0 ? header_put(entry, to, option->hint, value, value_len) : 0;
    case FA_ARIA2_NO_CACHE:
        return is_true ? header_put(entry, to, option->hint, "", 0) : 0;
    case FA_ARIA2_USER:
        login->user = value;
        login->user_len = value_len;
        return 0;
    case FA_ARIA2_PASSWORD:
        login->password = value;
        login->password_len = value_len;
        return 0;
    case FA_ARIA2_SECRET:
        fa_entry_add_option(entry, at, strlen(option->name));
        return 0;
    case FA_ARIA2_REFUSED:
        if (value_len > 0)
            option_refuse(entry, option);
        return 0;
    case FA_ARIA2_REFUSED_TRUE:
        if (is_true)
            option_refuse(entry, option);
        return 0;
    case FA_ARIA2_DONE:
    case FA_ARIA2_IGNORED:
        break;
    }
    fa_entry_add_option(entry, at, len);
    return 0;
}

size_t fa_aria2_add_option(struct fa_entry *entry, struct fa_aria2_login *login, char *at,
                           size_t len, char *to)
{
    const struct fa_aria2_option *option = option_find(at, len);
    const char *equals = memchr(at, '=', len);
    if (option)
        return option_apply(entry, option, login, at, len, equals ? equals + 1 : NULL, to);
    fa_entry_add_option(entry, at, len);
    return 0;
}

/* RFC 4648, 4 */
static char *base64_put(char *to, const unsigned char *at, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        unsigned three = (unsigned)at[i] << 16;
        three |= i + 1 < len ? (unsigned)at[i + 1] << 8 : 0;
        three |= i + 2 < len ? (unsigned)at[i + 2] : 0;
        *to++ = digits[three >> 18];
        *to++ = digits[three >> 12 & 63];
        *to++ = i + 1 < len ? digits[three >> 6 & 63] : '=';
        *to++ = i + 2 < len ? digits[three & 63] : '=';
    }
    return to;
}

/* The text is encoded from the end of the room, which it does not share with the result. */
void fa_aria2_add_login(struct fa_entry *entry, const struct fa_aria2_login *login, char *to)
{
    size_t len = login->user_len + 1 + login->password_len;
    char *text = to + SPARE + 2 * len;
    if (!login->user || entry->error.class != FA_CLASS_NONE)
        return;
    if (memchr(login->user, ':', login->user_len)) {
        fa_error_set(&entry->error, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL,
                     "colon in http-user (RFC 7617, 2)");
        return;
    }
    char *end = mempcpy(text, login->user, login->user_len);
    *end++ = ':';
    if (login->password)
        memcpy(end, login->password, login->password_len);
    end = stpcpy(to, "header=Authorization: Basic ");
    end = base64_put(end, (const unsigned char *)text, len);
    fa_entry_add_option(entry, to, (size_t)(end - to));
}
