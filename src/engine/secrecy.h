/**
 * Secrecy: who gets the secrets of the user.  Pure.
 *
 * Header lines (-H, header=) and the user and password of a listed URL are meant for the origin of
 * that URL.  Redirects are chosen by servers, so what is sent to their targets is decided here, for
 * each of them.
 */
#ifndef FA_ENGINE_SECRECY_H
#define FA_ENGINE_SECRECY_H

#include <fetchall/config.h>

#include "engine/host_rules.h"
#include "engine/job.h"

/** Who the target of a redirect is.  @target  Of the request that was redirected. */
enum fa_secrecy fa_secrecy_decide(const struct fa_target *target, const struct fa_url *to,
                                  const struct fa_config *config);

/** Whether header lines, user and password of the listed URL may be sent. */
bool fa_secrecy_allows(enum fa_secrecy secrecy);

/**
 * Whether the header lines of the rule of a target's host may be sent.
 *
 * The user has named the host, so they may be sent behind a redirect, too; but not without TLS,
 * unless the pattern has a port: another port may belong to another user of that machine.
 *
 * @rule  NULL: none, so false.
 */
bool fa_secrecy_allows_rule(const struct fa_target *target, const struct fa_host_rule *rule);

/** Which entries of ~/.netrc may be used for the request of a target. */
enum fa_netrc_use fa_secrecy_netrc(const struct fa_target *target);

/** Say in the message of a 401 or 403 which host asked, what was not sent to it, and why.  Other
 * outcomes are left alone. */
void fa_secrecy_explain(struct fa_job *job, const struct fa_config *config);

#endif
