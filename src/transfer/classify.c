#include "transfer/classify.h"

#include <curl/curl.h>

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

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
    /* Not ours: a callback of ours that fails leaves its own error.  Too long a line of a trailer or
     * of an answer to CONNECT is "out of memory". */
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

/* A connection that was lost is named after how far it had come. */
static void classify_lost(const struct fa_ending *ending, struct fa_outcome *outcome)
{
    outcome->retryable = FA_RETRYABLE_NOW;
    outcome->error.class = ending->answered ? FA_CLASS_TRUNCATED : FA_CLASS_CONNECT;
}

/* Out of descriptors, libcurl 7.88 says that it could not resolve, or not connect. */
static int is_out_of_descriptors(const struct fa_ending *ending)
{
    return ending->system == EMFILE || ending->system == ENFILE;
}

void fa_classify_curl(const struct fa_ending *ending, struct fa_outcome *outcome)
{
    const char *text =
        ending->text && ending->text[0] ? ending->text : curl_easy_strerror((CURLcode)ending->curl);
    fa_error_set(&outcome->error, FA_DOMAIN_CURL, ending->curl, FA_CLASS_PROTOCOL, "%s", text);
    outcome->retryable = FA_RETRYABLE_NEVER;

    if (is_out_of_descriptors(ending)) {
        fa_error_system(&outcome->error, FA_CLASS_LOCAL_IO, ending->system,
                        "cannot open a connection");
        outcome->retryable = FA_RETRYABLE_NOW;
        return;
    }
    if (ending->proxy_status >= 400) {
        fa_classify_http(ending->proxy_status, outcome);
        fa_error_set(&outcome->error, FA_DOMAIN_HTTP, ending->proxy_status, FA_CLASS_HTTP,
                     "the proxy answered %d", ending->proxy_status);
        return;
    }
    /* A head whose first field is folded is a "bad argument". */
    bool malformed = ending->connected && ending->curl == CURLE_BAD_FUNCTION_ARGUMENT;
    if (ending->long_head || malformed) {
        fa_error_set(&outcome->error, FA_DOMAIN_CURL, ending->curl, FA_CLASS_PROTOCOL, "%s",
                     malformed ? "malformed header in the answer"
                               : "the header of the answer is too long");
        outcome->retryable = FA_RETRYABLE_ONCE;
        return;
    }
    if (ending->curl == CURLE_RECV_ERROR || ending->curl == CURLE_SEND_ERROR) {
        classify_lost(ending, outcome);
        return;
    }
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); ++i) {
        if (endings[i].curl == ending->curl) {
            outcome->error.class = endings[i].class;
            outcome->retryable = endings[i].retryable;
            return;
        }
    }
}

/* Overload, and the codes that some CDNs answer while the server behind them is away. */
static int may_pass(int status)
{
    static const int passing[] = {408, 425, 429, 500, 502, 503, 504, 509};
    for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); ++i)
        if (passing[i] == status)
            return 1;
    return status >= 520 && status <= 527;
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {204, "No Content: there is nothing to store"},
        {205, "Reset Content: there is nothing to store"},
        {304, "Not Modified, which nobody asked for"},
        {400, "Bad Request"},
        {401, "Unauthorized: it wants a name and a password"},
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
    return "is not an answer with the file";
}

void fa_classify_http(int status, struct fa_outcome *outcome)
{
    fa_error_set(&outcome->error, FA_DOMAIN_HTTP, status, FA_CLASS_HTTP, "%d %s", status,
                 reason(status));
    outcome->retryable = may_pass(status) ? FA_RETRYABLE_NOW : FA_RETRYABLE_NEVER;
}
