/* The gate of an origin: one login for all. */

#include "engine/gate.h"

#include <criterion/criterion.h>

enum { SELF = 1, LOGIN, CDN };

static struct fa_gate gate;
static const char jobs[3];

/* The request started a second ago. */
static double now = 10;

static enum fa_gate_verdict redirect_to(int job, uint64_t to)
{
    struct fa_gate_case redirect = {&jobs[job], SELF, to, now - 1, now};
    return fa_gate_redirect(&gate, &redirect);
}

Test(gate, others_wait_until_the_leader_is_back)
{
    cr_expect_eq(redirect_to(0, LOGIN), FA_GATE_LEAD);
    cr_expect_eq(redirect_to(1, LOGIN), FA_GATE_WAIT);
    fa_gate_return(&gate);
    cr_expect_eq(redirect_to(0, SELF), FA_GATE_FOLLOW);
    cr_expect_eq(redirect_to(2, LOGIN), FA_GATE_WAIT);
    fa_gate_end(&gate, true, now);
    cr_expect_null(gate.leader);
    now += 0.5;
    cr_expect_eq(redirect_to(1, LOGIN), FA_GATE_WAIT, "requested before the login was over");
    cr_expect_eq(redirect_to(1, CDN), FA_GATE_LEAD);
    fa_gate_end(&gate, true, now);
    now += 1;
    cr_expect_eq(redirect_to(1, LOGIN), FA_GATE_LEAD, "the session has expired");
}

Test(gate, files_elsewhere_close_it_once)
{
    cr_expect_eq(redirect_to(0, CDN), FA_GATE_LEAD);
    cr_expect_eq(redirect_to(1, CDN), FA_GATE_WAIT, "it may be a login");
    fa_gate_end(&gate, true, now);
    cr_expect_eq(redirect_to(1, CDN), FA_GATE_FOLLOW);
    cr_expect_eq(redirect_to(2, CDN), FA_GATE_FOLLOW);
    cr_expect_eq(redirect_to(2, LOGIN), FA_GATE_LEAD);
    cr_expect_eq(redirect_to(1, CDN), FA_GATE_FOLLOW, "also during a login");
}

Test(gate, origin_may_send_its_clients_on_after_a_login)
{
    cr_expect_eq(redirect_to(0, LOGIN), FA_GATE_LEAD);
    fa_gate_return(&gate);
    cr_expect_eq(redirect_to(0, CDN), FA_GATE_OPENED);
    cr_expect_null(gate.leader);
    cr_expect_eq(redirect_to(1, CDN), FA_GATE_LEAD);
    fa_gate_end(&gate, true, now);
    cr_expect_eq(redirect_to(2, CDN), FA_GATE_FOLLOW);
    now += 2;
    cr_expect_eq(redirect_to(2, LOGIN), FA_GATE_LEAD, "a login is never plain");
}

Test(gate, failed_chain_says_nothing)
{
    cr_expect_eq(redirect_to(0, LOGIN), FA_GATE_LEAD);
    fa_gate_end(&gate, false, now);
    cr_expect_eq(redirect_to(1, LOGIN), FA_GATE_LEAD);
}

Test(gate, many_targets_are_a_network_and_not_logins)
{
    for (uint64_t to = 10; to < 10 + FA_GATE_PLAIN; ++to) {
        cr_expect_eq(redirect_to(0, to), FA_GATE_LEAD);
        fa_gate_end(&gate, true, now);
    }
    cr_expect_eq(redirect_to(0, 100), FA_GATE_FOLLOW);
    gate.login = LOGIN;
    cr_expect_eq(redirect_to(0, LOGIN), FA_GATE_LEAD);
}
