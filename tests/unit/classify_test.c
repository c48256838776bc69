#include "transfer/classify.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <errno.h>
#include <string.h>

Test(classify, endings_of_libcurl_have_the_classes_of_the_table)
{
    static const struct {
        const char *name;
        struct fa_ending ending;
        enum fa_class class;
        enum fa_retryability retryable;
    } rows[] = {
        {"bad URL", {.curl = CURLE_URL_MALFORMAT}, FA_CLASS_BAD_URL, FA_RETRYABLE_NEVER},
        {"no name", {.curl = CURLE_COULDNT_RESOLVE_HOST}, FA_CLASS_DNS, FA_RETRYABLE_NOW},
        {"no fds",
         {.curl = CURLE_COULDNT_RESOLVE_HOST, .system = EMFILE},
         FA_CLASS_LOCAL_IO,
         FA_RETRYABLE_NOW},
        {"no fds at all",
         {.curl = CURLE_COULDNT_CONNECT, .system = ENFILE},
         FA_CLASS_LOCAL_IO,
         FA_RETRYABLE_NOW},
        {"refused",
         {.curl = CURLE_COULDNT_CONNECT, .system = ECONNREFUSED},
         FA_CLASS_CONNECT,
         FA_RETRYABLE_NOW},
        {"lost before an answer",
         {.curl = CURLE_RECV_ERROR, .connected = true},
         FA_CLASS_CONNECT,
         FA_RETRYABLE_NOW},
        {"lost amid an answer",
         {.curl = CURLE_RECV_ERROR, .connected = true, .answered = true},
         FA_CLASS_TRUNCATED,
         FA_RETRYABLE_NOW},
        {"not sent",
         {.curl = CURLE_SEND_ERROR, .connected = true},
         FA_CLASS_CONNECT,
         FA_RETRYABLE_NOW},
        {"not taken by kept connections",
         {.curl = CURLE_SEND_ERROR,
          .connected = true,
          .text = "Connection died, tried 5 times before giving up"},
         FA_CLASS_PROTOCOL,
         FA_RETRYABLE_NOW},
        {"partial",
         {.curl = CURLE_PARTIAL_FILE, .connected = true, .answered = true},
         FA_CLASS_TRUNCATED,
         FA_RETRYABLE_NOW},
        {"a head without end",
         {.curl = CURLE_WRITE_ERROR, .connected = true, .answered = true, .long_head = true},
         FA_CLASS_PROTOCOL,
         FA_RETRYABLE_ONCE},
        {"timeout",
         {.curl = CURLE_OPERATION_TIMEDOUT, .connected = true},
         FA_CLASS_TIMEOUT,
         FA_RETRYABLE_NOW},
        {"nothing",
         {.curl = CURLE_GOT_NOTHING, .connected = true},
         FA_CLASS_PROTOCOL,
         FA_RETRYABLE_NOW},
        {"odd",
         {.curl = CURLE_WEIRD_SERVER_REPLY, .connected = true},
         FA_CLASS_PROTOCOL,
         FA_RETRYABLE_ONCE},
        {"HTTP/0.9",
         {.curl = CURLE_UNSUPPORTED_PROTOCOL, .connected = true},
         FA_CLASS_PROTOCOL,
         FA_RETRYABLE_ONCE},
        {"certificate", {.curl = CURLE_PEER_FAILED_VERIFICATION}, FA_CLASS_TLS, FA_RETRYABLE_NEVER},
        {"handshake", {.curl = CURLE_SSL_CONNECT_ERROR}, FA_CLASS_TLS, FA_RETRYABLE_ONCE},
        {"write",
         {.curl = CURLE_WRITE_ERROR, .connected = true, .answered = true},
         FA_CLASS_PROTOCOL,
         FA_RETRYABLE_ONCE},
        {"memory", {.curl = CURLE_OUT_OF_MEMORY}, FA_CLASS_LOCAL_IO, FA_RETRYABLE_NOW},
        {"a long answer to CONNECT",
         {.curl = CURLE_OUT_OF_MEMORY, .proxied = true},
         FA_CLASS_PROTOCOL,
         FA_RETRYABLE_ONCE},
        {"proxy says no",
         {.curl = CURLE_RECV_ERROR, .proxy_status = 407},
         FA_CLASS_HTTP,
         FA_RETRYABLE_NEVER},
        {"proxy is busy",
         {.curl = CURLE_RECV_ERROR, .proxy_status = 503},
         FA_CLASS_HTTP,
         FA_RETRYABLE_NOW},
        {"any other", {.curl = CURLE_LDAP_CANNOT_BIND}, FA_CLASS_PROTOCOL, FA_RETRYABLE_NEVER},
        {"beyond all codes", {.curl = 9999}, FA_CLASS_PROTOCOL, FA_RETRYABLE_NEVER},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_outcome outcome = {.retry_after = -1};
        fa_classify_curl(&rows[i].ending, &outcome);
        cr_assert_eq(outcome.error.class, rows[i].class, "%s", rows[i].name);
        cr_assert_eq(outcome.retryable, rows[i].retryable, "%s", rows[i].name);
        cr_assert_neq(outcome.error.msg[0], '\0', "%s", rows[i].name);
    }
}

Test(classify, libcurls_own_words_are_preferred)
{
    struct fa_outcome outcome = {0};
    struct fa_ending ending = {.curl = CURLE_COULDNT_CONNECT, .text = "port 9: refused"};
    fa_classify_curl(&ending, &outcome);
    cr_assert_str_eq(outcome.error.msg, "port 9: refused");
    cr_assert_eq(outcome.error.domain, FA_DOMAIN_CURL);
    cr_assert_eq(outcome.error.code, CURLE_COULDNT_CONNECT);
}

Test(classify, every_code_gets_a_class)
{
    for (int code = 1; code < CURL_LAST; ++code) {
        struct fa_outcome outcome = {0};
        struct fa_ending ending = {.curl = code, .text = ""};
        fa_classify_curl(&ending, &outcome);
        cr_assert(outcome.error.class > FA_CLASS_NONE && outcome.error.class < FA_CLASSES);
    }
}

Test(classify, statuses_are_transient_or_permanent)
{
    static const int passing[] = {408, 425, 429, 500, 502, 503, 504, 509, 520, 522, 524, 527};
    for (int status = 100; status < 600; ++status) {
        bool passes = false;
        for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); ++i)
            passes |= passing[i] == status;
        passes |= status >= 520 && status <= 527;
        struct fa_outcome outcome = {0};
        fa_classify_http(status, &outcome);
        cr_assert_eq(outcome.error.class, FA_CLASS_HTTP);
        cr_assert_eq(outcome.error.domain, FA_DOMAIN_HTTP);
        cr_assert_eq(outcome.error.code, status);
        cr_assert_eq(outcome.retryable, passes ? FA_RETRYABLE_NOW : FA_RETRYABLE_NEVER, "%d",
                     status);
        cr_assert_eq(atoi(outcome.error.msg), status);
    }
}

Test(classify, old_tls_and_weak_keys_have_messages_of_their_own)
{
    static const struct {
        int curl;
        const char *text, *message;
    } rows[] = {
        {CURLE_SSL_CONNECT_ERROR, "error:0A000102:SSL routines::unsupported protocol",
         "the server only offers TLS older than 1.2 (see --tls-min): "},
        {CURLE_SSL_CONNECT_ERROR, "error:0A00042E:SSL routines::tlsv1 alert protocol version",
         "the server refuses TLS 1.2 and later (see --tls-min): "},
        {CURLE_SSL_CONNECT_ERROR, "error:0A00018A:SSL routines::dh key too small",
         "the server's Diffie-Hellman key is too weak: "},
        {CURLE_PEER_FAILED_VERIFICATION, "SSL certificate problem: EE certificate key too weak",
         "a key of the server's certificates is too weak: "},
        {CURLE_PEER_FAILED_VERIFICATION, "SSL certificate problem: CA md too weak",
         "a signature of the server's certificates uses a weak hash: "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_ending ending = {.curl = rows[i].curl, .text = rows[i].text};
        struct fa_outcome outcome = {0};
        fa_classify_curl(&ending, &outcome);
        cr_expect_eq(outcome.error.class, FA_CLASS_TLS, "%s", rows[i].text);
        cr_expect_eq(outcome.retryable, FA_RETRYABLE_NEVER, "%s", rows[i].text);
        size_t len = strlen(rows[i].message);
        cr_expect_eq(strncmp(outcome.error.msg, rows[i].message, len), 0, "%s", outcome.error.msg);
        cr_expect_str_eq(outcome.error.msg + len, rows[i].text);
    }
}

Test(classify, old_tls_is_older_than_what_was_asked_for)
{
    static const struct {
        enum fa_tls tls_min;
        const char *message;
    } rows[] = {
        {FA_TLS_1_0, "the server only offers TLS older than 1.0: unsupported protocol"},
        {FA_TLS_1_1, "the server only offers TLS older than 1.1 (see --tls-min): "},
        {FA_TLS_1_3, "the server only offers TLS older than 1.3 (see --tls-min): "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
        struct fa_ending ending = {.curl = CURLE_SSL_CONNECT_ERROR,
                                   .tls_min = rows[i].tls_min,
                                   .text = "unsupported protocol"};
        struct fa_outcome outcome = {0};
        fa_classify_curl(&ending, &outcome);
        cr_expect_eq(strncmp(outcome.error.msg, rows[i].message, strlen(rows[i].message)), 0, "%s",
                     outcome.error.msg);
    }
}

Test(classify, other_failures_of_a_handshake_keep_the_text_of_libcurl)
{
    struct fa_ending ending = {.curl = CURLE_SSL_CONNECT_ERROR, .text = "internal error"};
    struct fa_outcome outcome = {0};
    fa_classify_curl(&ending, &outcome);
    cr_expect_str_eq(outcome.error.msg, "internal error");
    cr_expect_eq(outcome.retryable, FA_RETRYABLE_ONCE);
}
