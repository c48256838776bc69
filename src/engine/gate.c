/*
 * A chain that comes back is a login; after that, the origin may still redirect to where its files
 * are, for each file.
 */
#include "engine/gate.h"

#include <stddef.h>

static bool gate_is_plain(const struct fa_gate *gate, uint64_t to)
{
    for (unsigned i = 0; i < gate->n_plain; ++i)
        if (gate->plain[i] == to)
            return true;
    return gate->n_plain == FA_GATE_PLAIN && gate->login != to;
}

/* What led to a login is never plain, even if a chain has a file without coming back. */
static void gate_add_plain(struct fa_gate *gate, uint64_t to)
{
    if (gate->n_plain < FA_GATE_PLAIN && gate->login != to && !gate_is_plain(gate, to))
        gate->plain[gate->n_plain++] = to;
}

enum fa_gate_verdict fa_gate_redirect(struct fa_gate *gate, const struct fa_gate_case *redirect)
{
    uint64_t to = redirect->to;
    if (to == redirect->self || gate_is_plain(gate, to))
        return FA_GATE_FOLLOW;
    if (gate->leader && gate->leader == redirect->job) {
        fa_gate_end(gate, true, redirect->now);
        return FA_GATE_OPENED;
    }
    if (gate->leader || (to == gate->login && redirect->started < gate->login_at))
        return FA_GATE_WAIT;
    gate->leader = redirect->job;
    gate->trying = to;
    gate->returned = false;
    return FA_GATE_LEAD;
}

void fa_gate_return(struct fa_gate *gate)
{
    gate->returned = true;
    gate->login = gate->trying;
}

void fa_gate_end(struct fa_gate *gate, bool good, double now)
{
    if (gate->returned)
        gate->login_at = now;
    else if (good)
        gate_add_plain(gate, gate->trying);
    gate->leader = NULL;
}
