/**
 * The rules of fa_config.hosts: which one applies to a host, and what the config is there.
 *
 * One rule applies to a host: that of the most specific pattern.  What it does not set is that of
 * the general config, and never that of another rule, so that a secret for *.example.org is not
 * sent to a host below it that has a rule of its own.
 */
#ifndef FA_ENGINE_HOST_RULES_H
#define FA_ENGINE_HOST_RULES_H

#include "base/host_pattern.h"
#include "transfer/url.h"

#include <fetchall/config.h>

#include <stdbool.h>

struct fa_host_rule {
    struct fa_host_pattern pattern;
    struct fa_host_config own; /**< A copy, of which the strings are borrowed. */
    struct fa_config config;   /**< The general config, with what the rule sets. */
};

struct fa_host_rules {
    const struct fa_config *config; /**< Borrowed. */
    struct fa_host_rule *rules;     /**< Specific ones first. */
    unsigned count;
    size_t most_headers; /**< Of a rule. */
};

/** @return 0, or -1 with FA_CLASS_REFUSED or FA_CLASS_LOCAL_IO; fini() may be called then. */
int fa_host_rules_init(struct fa_host_rules *rules, const struct fa_config *config,
                       struct fa_error *err);
void fa_host_rules_fini(struct fa_host_rules *rules);

/** The number of the rule of a host, from 1; 0: none. */
unsigned fa_host_rules_find(const struct fa_host_rules *rules, const struct fa_url *url);

/** The rule of a number, or NULL for 0. */
const struct fa_host_rule *fa_host_rules_get(const struct fa_host_rules *rules, unsigned number);

/** The config of the hosts of a rule, or the general one for 0. */
const struct fa_config *fa_host_rules_config(const struct fa_host_rules *rules, unsigned number);

/** Whether a rule has a header of the name that a line has.  @rule  May be NULL. */
bool fa_host_rule_replaces(const struct fa_host_rule *rule, const char *line);

#endif
