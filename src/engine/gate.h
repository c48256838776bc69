/**
 * One login for all entries of an origin: a gate that is closed while one of them logs in.  Pure.
 *
 * With shared cookies, a server may redirect each request without a session to a login host, which
 * sends the client back with a cookie.  The first entry that is redirected to another origin leads:
 * no other one is requested until its chain has come back, and those that were redirected at the
 * same time are requested again then, with the cookie.
 *
 * Most redirects to another origin are not logins, so their targets are remembered: a gate is
 * closed once for each, and never again after FA_GATE_PLAIN of them.
 */
#ifndef FA_ENGINE_GATE_H
#define FA_ENGINE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#define FA_GATE_PLAIN 8

/** All zero: open, and nothing is known. */
struct fa_gate {
    const void *leader;            /**< The job that logs in; NULL: open. */
    uint64_t trying;               /**< Key of the origin that it was sent to. */
    uint64_t login;                /**< The one that logins lead to; 0: unknown. */
    uint64_t plain[FA_GATE_PLAIN]; /**< Those that are no logins. */
    uint8_t n_plain;
    bool returned;   /**< The leader was sent back. */
    double login_at; /**< End of the last login. */
};

enum fa_gate_verdict {
    FA_GATE_FOLLOW, /**< Follow the redirect. */
    FA_GATE_LEAD,   /**< Likewise, and log in: the gate is closed until fa_gate_end(). */
    FA_GATE_WAIT,   /**< Another job logs in, or has just done so: request the URL of the list
                         again after it. */
    FA_GATE_OPENED, /**< Follow; the login is over. */
};

/** A redirect by the origin of the gate. */
struct fa_gate_case {
    const void *job;
    uint64_t self, to; /**< Keys of this origin and of the target. */
    double started;    /**< When the request started: perhaps before a login that is over. */
    double now;
};

enum fa_gate_verdict fa_gate_redirect(struct fa_gate *gate, const struct fa_gate_case *redirect);

/** Another origin redirects the leader to the origin of the gate. */
void fa_gate_return(struct fa_gate *gate);

/** The chain of the leader has ended.  @good  With a file. */
void fa_gate_end(struct fa_gate *gate, bool good, double now);

#endif
