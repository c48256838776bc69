#include "cli/explain.h"

#include <stdio.h>
#include <string.h>

#include "cli/option.h"
#include "cli/term.h"

#define PAIRS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Causes in the order of how common they are.  The manual prints the meanings. */
static const struct fa_explanation explanations[FA_CLASSES] = {
    [FA_CLASS_BAD_URL] =
        {"a line of the list is not a URL, or not a valid entry",
         PAIRS("a line without http:// or https://", "correct the line that the message names",
               "a list in another format", "--format: see LIST FORMAT in the manual",
               "an option line (name=value) with a wrong value", "correct the value")},
    [FA_CLASS_DNS] = {"the host name could not be looked up",
                      PAIRS("the name is misspelt, or does not exist any more",
                            "check it with: getent hosts NAME", "the resolver did not answer",
                            "run it again later; check /etc/resolv.conf",
                            "the network is only reachable through a proxy",
                            "--proxy URL, or the variable https_proxy",
                            "too many lookups for a home router", "fewer --jobs",
                            "the name is in no DNS", "--resolve HOST:PORT:ADDR")},
    [FA_CLASS_CONNECT] = {"no connection to the host could be made, or it was lost",
                          PAIRS("the server is down",
                                "run it again later; --host-wait waits longer",
                                "a firewall rejects the port", "check it with: nc -vz HOST PORT",
                                "the network is only reachable through a proxy",
                                "--proxy URL, or the variable https_proxy",
                                "IPv6 addresses are published, but do not work", "-4",
                                "a router or the server limits connections",
                                "--per-host N, fewer --jobs")},
    [FA_CLASS_TLS] =
        {"the TLS handshake failed, or the certificate is not trusted",
         PAIRS("the issuer is not known here: a private CA, or a proxy that inspects TLS",
               "--cacert FILE, or the variable SSL_CERT_FILE", "no CA certificates are installed",
               "apt-get install ca-certificates", "the clock of this machine is wrong",
               "check it with: date", "the certificate has expired, or is for another name",
               "tell the owner of the server; --insecure does not verify it",
               "the server has only old TLS", "--tls-min 1.0 (insecure)",
               "https:// with a port of plain HTTP", "check the port of the URL",
               "the server requires a certificate of the client", "--cert FILE --key FILE")},
    [FA_CLASS_TIMEOUT] = {"connecting, or a whole attempt, took longer than allowed",
                          PAIRS("a firewall discards the packets",
                                "check it with: nc -vz HOST PORT", "the server is overloaded",
                                "--per-host N; run it again later",
                                "the NAT table of a router is full", "fewer --jobs",
                                "the limit is too low", "--connect-timeout S, --timeout S")},
    [FA_CLASS_STALLED] = {"the connection was open, but no bytes arrived, or too few",
                          PAIRS("the server prepares the file", "--stall-timeout S",
                                "the server or the network is overloaded",
                                "--per-host N, fewer --jobs", "the server is slow on purpose",
                                "--speed-limit SIZE, or 0 for none",
                                "a firewall has dropped the connection",
                                "run it again: it resumes")},
    [FA_CLASS_HTTP] =
        {"the server answered with an error status, such as 404",
         PAIRS("404, 410: the file does not exist", "remove the entry, or correct the URL",
               "401, 403: a password or token is required", "--netrc, -H @FILE, --cookies FILE",
               "403: a signed URL has expired", "a new list; what is there is not fetched again",
               "403: the server refuses unknown programs", "-A TEXT",
               "407: the proxy requires a password", "--proxy http://USER:PASSWORD@HOST:PORT",
               "429, 503: too many requests", "--host-rate N, --per-host N; run it again later",
               "another status that passes", "--retry-on STATUS")},
    [FA_CLASS_REDIRECT] = {"a redirect could not be followed",
                           PAIRS("the redirects go in a circle",
                                 "it is often a login: --cookies FILE, --netrc",
                                 "from https to http", "--allow-downgrade (without secrets)",
                                 "the target is not a valid URL", "tell the owner of the server")},
    [FA_CLASS_PROTOCOL] = {"the answer is not valid HTTP",
                           PAIRS("the port belongs to another service", "check the port of the URL",
                                 "a proxy or firewall changed the answer", "--proxy '' to use none",
                                 "HTTP/2 of the server is broken", "--http 1.1")},
    [FA_CLASS_TRUNCATED] = {"the connection ended before the file was complete",
                            PAIRS("the server or a proxy limits the time of a connection",
                                  "run it again: it resumes where that is possible",
                                  "the server is overloaded", "--per-host N")},
    [FA_CLASS_TOO_LARGE] = {"the file is larger than --max-size, or than the file system",
                            PAIRS("the limit is too low", "--max-size SIZE, or 0 for none",
                                  "the disk is smaller than the file", "--dir DIR on another one")},
    [FA_CLASS_INTEGRITY] =
        {"the file does not match the checksum or the size that the list or the server declares",
         PAIRS("the file was replaced on the server", "a new list of checksums",
               "the server sends an error page with status 200", "look at it: curl -i URL",
               "a mirror has another version", "remove the mirror from the list",
               "a proxy damages files", "--proxy '', or https://",
               "the server declares a wrong digest", "--http-digest off")},
    [FA_CLASS_CHANGED] = {"the file changed on the server between two attempts",
                          PAIRS("it is being written just now", "run it again later",
                                "two servers behind one name have different versions",
                                "--resolve HOST:PORT:ADDR chooses one")},
    [FA_CLASS_LOCAL_IO] = {"a file could not be written or read here",
                           PAIRS("the disk is full", "df -h DIR; --disk-wait S, or another --dir",
                                 "no inodes are left", "df -i DIR", "the quota is exceeded",
                                 "quota -s", "no permission", "ls -ld DIR; another --dir",
                                 "too many open files", "ulimit -n N, or fewer --jobs",
                                 "the name is too long", "out=NAME in the list",
                                 "something else has that name",
                                 "move it away; out=NAME in the list")},
    [FA_CLASS_WORKER_CRASHED] = {"a worker process died",
                                 PAIRS("it was killed for lack of memory", "dmesg; fewer --jobs",
                                       "somebody killed it", "run it again",
                                       "an error in fetchall or a library",
                                       "report it, with the URL and the version")},
    [FA_CLASS_REFUSED] = {"an option or a rule of fetchall forbids it",
                          PAIRS("robots.txt or X-Robots-Tag",
                                "leave the file out, or run it without --robots or --respect",
                                "others: the reason is in the message",
                                "remove the option that the message names")},
    [FA_CLASS_CANCELLED] = {"the run was ended before this entry was complete",
                            PAIRS("a signal, such as Ctrl-C",
                                  "run it again: complete files are kept", "--halt",
                                  "a larger number, or none")},
    [FA_CLASS_CONTENT] =
        {"the file is not what was expected: a web page, too small, or of another type",
         PAIRS("a login is required", "--netrc, -H @FILE, --cookies FILE",
               "the network wants a login (captive portal)", "log in with a browser",
               "the server sends its error page with status 200", "check the URL",
               "the file is a web page", "--guard off", "its size or type is right",
               "--min-size, --expect-type")},
    [FA_CLASS_HOOK] = {"the file is complete, but its command (--exec) failed",
                       PAIRS("the command ended with an error",
                             "mend it, and run it again: nothing is downloaded again",
                             "the command ran too long", "a longer --exec-timeout")},
};

const struct fa_explanation *fa_explain_class(enum fa_class class)
{
    return class > FA_CLASS_NONE && class < FA_CLASSES ? &explanations[class] : NULL;
}

static void put_class(enum fa_class class)
{
    const struct fa_explanation *text = &explanations[class];
    printf("%s: %s.\n\n", fa_class_name(class), text->meaning);
    for (const char *const *pair = text->pairs; *pair; pair += 2)
        printf("  %s\n      -> %s\n", pair[0], pair[1]);
}

/* @return FA_CLASSES: there is no such class */
static enum fa_class class_find(const char *name)
{
    enum fa_class class = FA_CLASS_NONE + 1;
    while (class < FA_CLASSES && strcmp(fa_class_name(class), name) != 0)
        ++class;
    return class;
}

enum fa_exit_status fa_explain_command(const struct fa_options *options)
{
    struct fa_error err = {0};
    if (options->lists.count == 0) {
        for (enum fa_class class = FA_CLASS_NONE + 1; class < FA_CLASSES; ++class)
            printf("%-15s  %s\n", fa_class_name(class), explanations[class].meaning);
    } else {
        enum fa_class class = class_find(options->lists.items[0]);
        if (class == FA_CLASSES) {
            fa_option_refuse(&err, "no such class: '%s'; 'fetchall explain' lists all of them",
                             options->lists.items[0]);
            fa_term_error(&err);
            return FA_EXIT_USAGE;
        }
        put_class(class);
    }
    if (fa_term_flush(&err) == 0)
        return FA_EXIT_OK;
    fa_term_error(&err);
    return fa_exit_of(&err);
}
