/*
 * Maps failures to a class (what kind of failure, for reports) and a retryability (whether another
 * attempt can succeed).  Retry policy sees only these two, never a CURLcode or a status.
 *
 * A CURLcode is mapped by a table.  A code that is missing there is a permanent protocol error.
 * Some codes are ambiguous in libcurl 7.88, and are resolved first: EMFILE is reported as a failure
 * to resolve or to connect, and an oversized or folded header as out of memory or a bad argument.
 *
 * FA_RETRYABLE_ONCE is for failures that may come from a bad connection as well as from a faulty
 * server, such as a malformed header: another attempt tells them apart.  A certificate does not
 * become valid within a run, but a TLS handshake also fails if a server is overloaded.
 */
#include "transfer/classify.h"

#include <curl/curl.h>

#include <errno.h>
#include <string.h>
#include <stdbool.h>
#include <stddef.h>

/* CURLE_TOO_LARGE since libcurl 8.6.0: a line of the header. */
#define TOO_LARGE 100

static const struct {
    int curl;
    enum fa_class class;
    enum fa_retryability retryable;
} endings[] = {
    {CURLE_UNSUPPORTED_PROTOCOL, FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE},
    {CURLE_URL_MALFORMAT, FA_CLASS_BAD_URL, FA_RETRYABLE_NEVER},
    {CURLE_COULDNT_RESOLVE_PROXY, FA_CLASS_DNS, FA_RETRYABLE_NOW},
    {CURLE_COULDNT_RESOLVE_HOST, FA_CLASS_DNS, FA_RETRYABLE_NOW},
    {CURLE_COULDNT_CONNECT, FA_CLASS_CONNECT, FA_RETRYABLE_NOW},
    {CURLE_PROXY, FA_CLASS_CONNECT, FA_RETRYABLE_NOW},
    {CURLE_WEIRD_SERVER_REPLY, FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE},
    {CURLE_HTTP2, FA_CLASS_PROTOCOL, FA_RETRYABLE_NOW},
    {CURLE_HTTP2_STREAM, FA_CLASS_PROTOCOL, FA_RETRYABLE_NOW},
    {CURLE_BAD_CONTENT_ENCODING, FA_CLASS_PROTOCOL, FA_RETRYABLE_NEVER},
    {CURLE_GOT_NOTHING, FA_CLASS_PROTOCOL, FA_RETRYABLE_NOW},
    {CURLE_PARTIAL_FILE, FA_CLASS_TRUNCATED, FA_RETRYABLE_NOW},
    {CURLE_OPERATION_TIMEDOUT, FA_CLASS_TIMEOUT, FA_RETRYABLE_NOW},
    /* Not our own callbacks and memory: those report their own error.  libcurl 7.88 reports an
     * oversized line of a trailer or of the response to CONNECT as "out of memory". */
    {CURLE_WRITE_ERROR, FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE},
    {CURLE_OUT_OF_MEMORY, FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE},
    {CURLE_BAD_FUNCTION_ARGUMENT, FA_CLASS_PROTOCOL, FA_RETRYABLE_ONCE},
    {CURLE_ABORTED_BY_CALLBACK, FA_CLASS_CANCELLED, FA_RETRYABLE_NEVER},
    {CURLE_TOO_MANY_REDIRECTS, FA_CLASS_REDIRECT, FA_RETRYABLE_NEVER},
    {CURLE_FILESIZE_EXCEEDED, FA_CLASS_TOO_LARGE, FA_RETRYABLE_NEVER},
    {CURLE_AUTH_ERROR, FA_CLASS_HTTP, FA_RETRYABLE_NEVER},
    {CURLE_SSL_CONNECT_ERROR, FA_CLASS_TLS, FA_RETRYABLE_ONCE},
    {CURLE_PEER_FAILED_VERIFICATION, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
    {CURLE_SSL_ENGINE_NOTFOUND, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
    {CURLE_SSL_ENGINE_SETFAILED, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
    {CURLE_SSL_ENGINE_INITFAILED, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
    {CURLE_SSL_CERTPROBLEM, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
    {CURLE_SSL_CIPHER, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
    {CURLE_SSL_CACERT_BADFILE, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
    {CURLE_SSL_CRL_BADFILE, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
    {CURLE_SSL_ISSUER_ERROR, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
    {CURLE_SSL_INVALIDCERTSTATUS, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
    {CURLE_SSL_SHUTDOWN_FAILED, FA_CLASS_TLS, FA_RETRYABLE_NOW},
    {CURLE_SSL_CLIENTCERT, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
};

/* A lost connection is classified by how far the exchange had come.  libcurl repeats a request by
 * itself that a kept connection did not take, and gives up after five times: that happens with
 * HTTP/2 if many streams wait when the server ends its connections, and says nothing about the
 * next connection. */
static void classify_lost(const struct fa_ending *ending, const char *text,
                          struct fa_outcome *outcome)
{
    bool kept = strncmp(text, "Connection died, tried", 22) == 0;
    outcome->retryable = FA_RETRYABLE_NOW;
    outcome->error.class = ending->answered ? FA_CLASS_TRUNCATED
                           : kept           ? FA_CLASS_PROTOCOL
                                            : FA_CLASS_CONNECT;
}

/* If descriptors run out, libcurl 7.88 reports a failure to resolve or to connect. */
static int is_out_of_descriptors(const struct fa_ending *ending)
{
    return ending->system == EMFILE || ending->system == ENFILE;
}

struct tls_reason {
    const char *part; /* of the text */
    const char *reason;
    const char *after; /* the lowest version that we accept; NULL: the version is not the reason */
};

/* libcurl passes on the reasons of OpenSSL, which do not say whose fault it is. */
static const struct tls_reason *tls_reason_find(const char *text)
{
    static const struct tls_reason reasons[] = {
        {"unsupported protocol", "the server only offers TLS older than ", ""},
        {"alert protocol version", "the server refuses TLS ", " and later"},
        {"unsafe legacy renegotiation", "the server has no secure renegotiation (RFC 5746)", NULL},
        {"dh key too small", "the server's Diffie-Hellman key is too weak", NULL},
        {"key too small", "the server's key is too weak", NULL},
        {"key too weak", "a key of the server's certificates is too weak", NULL},
        {"md too weak", "a signature of the server's certificates uses a weak hash", NULL},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); ++i)
        if (strstr(text, reasons[i].part))
            return &reasons[i];
    return NULL;
}

static const char *tls_version(enum fa_tls version)
{
    static const char *const names[] = {[FA_TLS_DEFAULT] = "1.2",
                                        [FA_TLS_1_0] = "1.0",
                                        [FA_TLS_1_1] = "1.1",
                                        [FA_TLS_1_2] = "1.2",
                                        [FA_TLS_1_3] = "1.3"};
    return names[version];
}

/* Another attempt gets the same versions and keys, so such a failure is permanent. */
static bool classify_weak_tls(const struct fa_ending *ending, const char *text,
                              struct fa_outcome *outcome)
{
    bool tls =
        ending->curl == CURLE_SSL_CONNECT_ERROR || ending->curl == CURLE_PEER_FAILED_VERIFICATION;
    const struct tls_reason *why = tls ? tls_reason_find(text) : NULL;
    if (!why)
        return false;
    bool version = why->after != NULL;
    fa_error_set(&outcome->error, FA_DOMAIN_CURL, ending->curl, FA_CLASS_TLS, "%s%s%s%s: %s",
                 why->reason, version ? tls_version(ending->tls_min) : "",
                 version ? why->after : "",
                 version && ending->tls_min != FA_TLS_1_0 ? " (see --tls-min)" : "", text);
    return true;
}

/* What this machine lacks does not count as a failure of the origin. */
static bool classify_lack(const struct fa_ending *ending, struct fa_outcome *outcome)
{
    bool memory = ending->curl == CURLE_OUT_OF_MEMORY && !ending->connected && !ending->proxied;
    if (!memory && !is_out_of_descriptors(ending))
        return false;
    fa_error_system(&outcome->error, FA_CLASS_LOCAL_IO, memory ? ENOMEM : ending->system,
                    "cannot open a connection");
    outcome->retryable = FA_RETRYABLE_NOW;
    return true;
}

/* The most specific evidence comes first: errno, the proxy's status, the state of the header, how
 * far the exchange had come, and only then the CURLcode. */
void fa_classify_curl(const struct fa_ending *ending, struct fa_outcome *outcome)
{
    const char *text =
        ending->text && ending->text[0] ? ending->text : curl_easy_strerror((CURLcode)ending->curl);
    fa_error_set(&outcome->error, FA_DOMAIN_CURL, ending->curl, FA_CLASS_PROTOCOL, "%s", text);
    outcome->retryable = FA_RETRYABLE_NEVER;

    if (classify_lack(ending, outcome))
        return;
    if (ending->proxy_status >= 400) {
        fa_classify_http(ending->proxy_status, outcome);
        fa_error_set(&outcome->error, FA_DOMAIN_HTTP, ending->proxy_status, FA_CLASS_HTTP,
                     "the proxy answered %d", ending->proxy_status);
        return;
    }
    /* libcurl reports a header whose first field is folded as a "bad argument". */
    bool malformed = ending->connected && ending->curl == CURLE_BAD_FUNCTION_ARGUMENT;
    /* And a line that is longer than its buffer may grow, as a lack of memory. */
    bool long_line =
        ending->connected && (ending->curl == CURLE_OUT_OF_MEMORY || ending->curl == TOO_LARGE);
    if (ending->long_head || long_line || malformed) {
        fa_error_set(&outcome->error, FA_DOMAIN_CURL, ending->curl, FA_CLASS_PROTOCOL, "%s",
                     malformed ? "malformed response header" : "the response header is too long");
        outcome->retryable = FA_RETRYABLE_ONCE;
        return;
    }
    if (ending->curl == CURLE_RECV_ERROR || ending->curl == CURLE_SEND_ERROR) {
        classify_lost(ending, text, outcome);
        /* With TLS 1.3 the server refuses the client's certificate after the handshake. */
        if (strstr(text, "SSL routines::") && strstr(text, " alert ") &&
            strstr(text, "certificate"))
            outcome->error.class = FA_CLASS_TLS;
        return;
    }
    if (classify_weak_tls(ending, text, outcome))
        return;
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); ++i) {
        if (endings[i].curl == ending->curl) {
            outcome->error.class = endings[i].class;
            outcome->retryable = endings[i].retryable;
            return;
        }
    }
}

/* Statuses of overload, and those that CDNs send while the origin server is unreachable. */
static int status_is_transient(int status)
{
    static const int transient[] = {408, 425, 429, 500, 502, 503, 504, 509};
    for (size_t i = 0; i < sizeof(transient) / sizeof(*transient); ++i)
        if (transient[i] == status)
            return 1;
    return status >= 520 && status <= 527;
}

static const char *status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {202, "Accepted: the file is not ready yet"},
        {204, "No Content: nothing to store"},
        {205, "Reset Content: nothing to store"},
        {304, "Not Modified, but the request had no condition"},
        {400, "Bad Request"},
        {401, "Unauthorized: a user name and password are required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {407, "Proxy Authentication Required"},
        {408, "Request Timeout"},
        {410, "Gone"},
        {416, "Range Not Satisfiable"},
        {429, "Too Many Requests"},
        {451, "Unavailable For Legal Reasons"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); ++i)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Unexpected Status";
}

/* The proxy's status and the origin's are classified alike. */
void fa_classify_http(int status, struct fa_outcome *outcome)
{
    fa_error_set(&outcome->error, FA_DOMAIN_HTTP, status, FA_CLASS_HTTP, "%d %s", status,
                 status_text(status));
    outcome->retryable = status_is_transient(status) ? FA_RETRYABLE_NOW : FA_RETRYABLE_NEVER;
}

/* The next status of a list, and where it ends; -1 if there is none. */
static int status_list_next(const char **list)
{
    const char *at = *list;
    int status = 0;
    for (; *at >= '0' && *at <= '9' && status < 1000; ++at)
        status = status * 10 + (*at - '0');
    *list = at;
    return status >= 100 && status <= 599 && (*at == ',' || *at == '\0') ? status : -1;
}

bool fa_status_is_listed(const char *list, int status)
{
    while (list && *list) {
        if (status_list_next(&list) == status)
            return true;
        list += strcspn(list, ",");
        list += *list == ',';
    }
    return false;
}

bool fa_status_list_is_good(const char *list)
{
    while (status_list_next(&list) > 0) {
        if (!*list)
            return true;
        ++list;
    }
    return false;
}

bool fa_status_is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}
