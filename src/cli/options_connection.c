/*
 * Options about failures and connections.
 */
#include "cli/option_rows.h"

#include "cli/request_options.h"
#include "cli/value.h"

SAME_SIZE(enum fa_guard);
SAME_SIZE(enum fa_http_digest);
SAME_SIZE(enum fa_robots);
SAME_SIZE(enum fa_family);
SAME_SIZE(enum fa_http);
SAME_SIZE(enum fa_tls);

NAMES(sandboxes, [FA_SANDBOX_AUTO] = "auto", [FA_SANDBOX_OFF] = "off",
      [FA_SANDBOX_REQUIRE] = "require")
NAMES(guards, [FA_GUARD_ON] = "on", [FA_GUARD_OFF] = "off")
NAMES(robots, [FA_ROBOTS_IGNORE] = "ignore", [FA_ROBOTS_OBEY] = "obey")
NAMES(http_digests, [FA_HTTP_DIGEST_CHECK] = "check", [FA_HTTP_DIGEST_OFF] = "off")

static int parse_halt(struct fa_options *options, const char *value, struct fa_error *err)
{
    if (fa_value_halt(value, &options->config.halt, &options->config.halt_percent) == 0)
        return 0;
    return fa_option_refuse(
        err, "--halt requires a number such as 10, or a percentage such as 5%%, not '%s'", value);
}

const struct fa_option fa_options_connection[] = {
    GROUP("Failure"),
    UINT(
        "retries", 0, config.retries, 0, 1000, .commands = RUNS,
        .help = "limit retries per entry for transient errors",
        .more =
            "Time-outs, lost connections and transient HTTP statuses are retried; a 404, an "
            "invalid certificate or a malformed URL is not.  Failures because the host is "
            "down or pauses do not count: see --host-wait.  An attempt that can be resumed at least "
            "16 KiB after the previous ones does not count, and the count starts again: a "
            "large file arrives even if every connection is cut early.  Independently of N, "
            "a file with the wrong checksum is downloaded once more, and an entry whose "
            "worker crashes is retried twice.  See RETRIES."),
    TIME("retry-wait", config.retry_wait, 0, 60, .commands = RUNS,
         .help = "set the base of the retry delay",
         .more = "The maximum delay doubles with each retry, up to 60 seconds; the actual delay "
                 "is random between 0 and that maximum (exponential back-off with full jitter).  "
                 "A Retry-After of the server takes precedence, up to 600 seconds: for its whole "
                 "host, or, once the host serves other URLs, for the URL alone (see RETRIES).  The "
                 "entry that caused a pause of the host is retried after the others."),
    TEXT("retry-on", 0, "STATUS,...", config.retry_on, .commands = RUNS,
         .help = "also retry these HTTP statuses",
         .more = "See RETRIES for what is retried anyway."),
    TIME("host-wait", config.host_wait, 0, 365.0 * DAY, .commands = RUNS,
         .initial = "60; 0 with compare", .help = "wait this long for a host that is down",
         .more = "Counted from the first failure after the last success.  Meanwhile one transfer "
                 "at a time probes the host, other hosts continue, and entries with a mirror use "
                 "the mirror.  When the time is over, one last attempt is made.  If it fails, the "
                 "remaining entries of the host fail, and so do its entries that are read within "
                 "the next minute.  A host is considered down when no connection can be made, or "
                 "after eight consecutive failures.  A host that answers is treated with more "
                 "care: 502, 503, 504 and 429 halve the number of transfers to it, and count "
                 "against one URL only, as soon as the host has served another URL since.  While "
                 "it serves none, URLs that were never requested are requested first, up to four "
                 "per second, and at least 256 of them, or all, before it is given up.  In the "
                 "next run, entries that were never requested come before those that failed.  "
                 "There is no wait for a name that does not exist or a certificate that is "
                 "rejected.  For pauses that a host asks for (Retry-After), see RETRIES.  If a "
                 "redirect leads to a host that is down or paused, the URL of the list is "
                 "requested again up to ten times, in case it redirects elsewhere, before the "
                 "entry waits for the host.  0 does not wait."),
    TIME("connect-timeout", config.connect_timeout, 0.1, DAY, .commands = RUNS,
         .help = "limit the time for DNS, connecting and the TLS handshake"),
    TIME("stall-timeout", config.stall_timeout, 1, DAY, .commands = RUNS,
         .help = "end an attempt that receives nothing this long",
         .more = "A response header, with all interim (1xx) responses before it, may take twice "
                 "this time after the request, however steadily its bytes arrive."),
    SIZE("speed-limit", config.speed_limit, .commands = RUNS, .initial = "100",
         .help = "end an attempt that receives fewer bytes per second",
         .more = "Measured over --speed-time once the body has begun, so that a server which "
                 "sends an occasional byte does not occupy a slot forever.  With --rate, it is at "
                 "most half of the transfer's share of the rate.  0 means no limit."),
    TIME("speed-time", config.speed_time, 1, DAY, .commands = RUNS,
         .help = "measure --speed-limit over this time"),
    TIME("timeout", config.timeout, 0, 365.0 * DAY, .commands = RUNS, .initial = "none",
         .help = "limit the time of one attempt",
         .more = "Counted from when the attempt gets its slot.  0 means no limit."),
    SIZE("max-size", config.max_size, .commands = RUNS, .initial = "none",
         .help = "reject larger bodies",
         .more = "Bytes are counted as they arrive, so a body without a declared length is "
                 "limited, too.  0 means no limit."),
    SIZE("min-size", config.min_size, .commands = RUNS, .initial = "none",
         .help = "reject smaller files",
         .more =
             "A file that is smaller fails with class content, and is not requested again: many "
             "servers send an empty or a tiny file where they have none.  It is refused before "
             "its first byte if the server declares a length."),
    FLAG("expect-length", 0, config.expect_length, .commands = RUNS,
         .help = "reject bodies without a declared length",
         .more = "Such a body ends with the connection, so it is impossible to tell whether it is "
                 "complete."),
    FLAG("no-hedge", 0, config.no_hedge, .commands = RUNS,
         .help = "never request a slow file twice at the end",
         .more = "When the lists have ended and at most 2% of the entries are left, a transfer "
                 "that takes far longer than others of about its size, and of its host, is "
                 "requested again: at a mirror, or else at the same URL over another connection.  "
                 "The first that brings the file ends the other; the report counts both as "
                 "attempts.  At most 2% more requests are made, but at least one, and none to a "
                 "host that asked for fewer (429, 503, Retry-After, refused connections) or has "
                 "reached --per-host."),
    CHOICE("guard", 0, "on|off", enum fa_guard, config.guard, guards, .commands = RUNS,
           .help = "refuse web pages in place of files",
           .more = "An answer of type text/html for a URL or a name with the ending of an archive, "
                   "picture, audio, video, PDF, office document, package, data set or model fails "
                   "with class content: it is the page of a login, an error or a captive portal.  "
                   "An entry with a checksum is judged by that alone."),
    TEXT("expect-type", 0, "TYPE,...", config.expect_type, .commands = RUNS,
         .help = "refuse files of other media types",
         .more = "The Content-Type of an answer must be one of these, as in image/png,video/*; its "
                 "parameters do not count.  Others fail with class content before the first byte.  "
                 "An entry with type= has types of its own.  Replaces --guard."),
    CHOICE("http-digest", 0, "check|off", enum fa_http_digest, config.http_digest, http_digests,
           .commands = RUNS, .help = "verify the digests that servers declare",
           .more =
               "These are Repr-Digest, Content-Digest (RFC 9530), Digest (RFC 3230), Content-MD5, "
               "x-goog-hash and x-amz-checksum-*.  A file that differs is requested again, and "
               "fails with class integrity.  A digest of unknown form or algorithm is ignored.  "
               "An entry with a checksum is judged by that alone."),
    CUSTOM("halt", 0, "N|N%", parse_halt, .initial = "never",
           .help = "stop after this many failed entries",
           .more = "N% is a percentage of the entries that have ended, and applies once ten have "
                   "ended."),

    GROUP("Connection"),
    SIZE("rate", config.rate, .commands = RUNS, .initial = "no limit",
         .help = "limit the total bytes per second", .more = "0 means no limit."),
    CUSTOM("header", 'H', "LINE|@FILE", fa_request_options_header, .commands = HOSTED,
           .offer = FA_OFFER_FILES, .repeats = true, .help = "add a request header; may repeat",
           .more =
               "LINE is 'Name: value'; 'Name:' removes a default header, and 'Name;' sends an "
               "empty one.  @FILE reads lines from a file, which keeps secrets out of the list of "
               "processes.  Behind a redirect to another scheme, host or port, these headers are "
               "not sent, unless --trust-host names it.  See SECRETS."),
    TEXT("user-agent", 'A', "TEXT", config.user_agent, .commands = HOSTED,
         .initial = "fetchall/VERSION", .help = "set the User-Agent header"),
    FLAG("netrc", 0, config.netrc, .commands = HOSTED, .help = "read passwords from ~/.netrc",
         .more = "They are looked up for each host that is requested, also behind redirects, such "
                 "as a login host.  There, the default entry is not used, and neither is a "
                 "password of the listed host for another of its ports, except to change to HTTPS "
                 "(443).  See SECRETS."),
    CUSTOM("trust-host", 0, "PATTERN", fa_request_options_trust_host, .commands = RUNS,
           .repeats = true, .help = "send headers and passwords to this host, too; may repeat",
           .more =
               "The lines of --header and header=, and the user and password of a listed URL, are "
               "sent to its own scheme, host and port only, whenever a redirect leads there.  "
               "PATTERN names a host behind a redirect that gets them, too: example.org, an "
               "address, or *.example.org for all names below it; with :PORT, only there.  It does "
               "not name the hosts of the list, and never applies behind a redirect from https to "
               "http.  See SECRETS."),
    TEXT("host", 0, "NAME[:PORT]", doctor_host, .commands = DOCTOR,
         .help = "show what applies to this host", .more = "Without PORT, that of HTTPS."),
    INPUT("hosts", hosts, .commands = HOSTED, .help = "read options of hosts from this file",
          .more = "Sections with per-host, host-rate, header, user-agent, proxy, http, insecure, "
                  "cert, key and netrc for the hosts of a PATTERN: see HOSTS FILE."),
    INPUT("cookies", config.cookies, .commands = RUNS,
          .help = "send the cookies of this file, and share those that servers set",
          .more =
              "FILE has the format of Netscape, as browsers, curl and wget write it.  It is only "
              "read: cookies that servers set are kept in memory until the end of the run, and "
              "sent by all transfers to the hosts and paths that they are for.  If a host "
              "redirects its clients to a login host, one entry logs in for all.  /dev/null "
              "starts without cookies.  See SECRETS."),
    TEXT("proxy", 0, "URL", config.proxy, .commands = HOSTED, .initial = "environment",
         .help = "use this proxy; '' for none",
         .more = "Without this option, the variables http_proxy, https_proxy, all_proxy and "
                 "no_proxy apply, as with curl."),
    TEXT("secret-key", 0, "NAME,...", config.secret_keys, .commands = READS,
         .help = "hide the values of these query keys",
         .more = "*** is printed instead, as for keys that are known to sign or authorise.  See "
                 "SECRETS."),
    INPUT("cacert", config.cacert, .commands = HOSTED, .initial = "the system's", .folder = true,
          .help = "trust these CA certificates (PEM)",
          .more = "FILE may be a folder: all certificates in it are trusted, whatever the names of "
                  "their files are.  See ENVIRONMENT for the default."),
    INPUT("cert", config.cert, .commands = HOSTED, .help = "use this client certificate (PEM)"),
    INPUT("key", config.key, .commands = HOSTED, .help = "use this private key for --cert (PEM)",
          .more = "Not needed if the certificate file contains the key.  An encrypted key fails: "
                  "fetchall does not ask for pass phrases."),
    FLAG("insecure", 0, config.insecure, .commands = HOSTED, .help = "do not verify certificates",
         .more = "Anyone between you and the server can then read and change what is downloaded."),
    CHOICE("tls-min", 0, "VERSION", enum fa_tls, config.tls_min, fa_value_tls, .first = FA_TLS_1_0,
           .initial = "1.2", .commands = RUNS, .help = "set the lowest TLS version",
           .more = "1.0 and 1.1 are for old servers and are insecure: connections to all servers "
                   "may then use broken ciphers, and keys and signatures of certificates may be "
                   "weak.  Use them with checksums only."),
    FLAG("allow-downgrade", 0, config.allow_downgrade, .commands = RUNS,
         .help = "follow redirects from https to http",
         .more = "No header, password or cookie is sent there, but anyone on the way can read and "
                 "change the file: use it with checksums."),
    CUSTOM(
        "resolve", 0, "HOST:PORT:ADDR[,ADDR]...", fa_request_options_resolve, .commands = RUNS,
        .repeats = true, .help = "use ADDR for HOST:PORT; may repeat",
        .more =
            "Several addresses are tried as those of a name are.  An IPv6 address may be enclosed "
            "in [], and have a zone (fe80::1%eth0).  The host * stands for every host without a --resolve of its own."),
    CHOICE("http", 0, "VERSION", enum fa_http, config.http, fa_value_http,
           .help = "set the highest HTTP version",
           .more =
               "2 uses HTTP/2 over TLS, and HTTP/1.1 with servers that lack it; --mode async then "
               "multiplexes transfers over one connection.  Whether that is faster depends on the "
               "servers and the network: see fetchall compare --http 1.1,2.  A transfer that "
               "fails because of HTTP/2 is retried over HTTP/1.1.  With libcurl before 8.4, so is "
               "a response without a length.  Cannot be combined with --rate."),
    CHOICE("sandbox", 0, "HOW", enum fa_sandbox, config.sandbox, sandboxes, .commands = RUNS,
           .help = "confine the program and its workers",
           .more = "auto uses Landlock and seccomp as far as the kernel supports them, and "
                   "--verbose reports what is missing.  require fails if either is missing.  See "
                   "SECURITY."),
    SET("ipv4", '4', enum fa_family, config.family, FA_FAMILY_V4, .commands = HOSTED,
        .help = "use IPv4 only"),
    SET("ipv6", '6', enum fa_family, config.family, FA_FAMILY_V6, .commands = HOSTED,
        .help = "use IPv6 only"),

    CHOICE("robots", 0, "obey|ignore", enum fa_robots, config.robots, robots,
           .commands = FA_COMMAND_FETCH | WORK,
           .help = "obey or ignore the robots.txt of each host",
           .more = "With obey, the robots.txt of each origin is fetched before anything else, and "
                   "what it forbids fails with class refused.  See ROBOTS."),
    TEXT("respect", 0, "RULE,...", config.respect, .commands = FA_COMMAND_FETCH | WORK,
         .initial = "none", .help = "refuse files with such a rule in X-Robots-Tag",
         .more = "As in noai,noimageai; an unknown rule is refused.  See ROBOTS."),
    {.type = FA_OPTION_END},
};
