#include "cli/compare_rules.h"

/* Time that the user grants buys rounds, which find smaller differences.  So does a list of this
 * machine, as they burden nobody else; but they take entries of --sample fresh. */
static void rules_set_rounds(struct fa_compare_options *compare)
{
    bool fixed = compare->rounds > 0 || compare->tune || compare->stage || compare->fresh;
    if (compare->rounds == 0)
        compare->rounds = compare->tune         ? FA_PICKS_ROUNDS_TUNED
                          : compare->budget > 0 ? FA_PICKS_ROUNDS_MANY
                                                : FA_PICKS_ROUNDS;
    compare->rounds_local = fixed ? compare->rounds : FA_PICKS_ROUNDS_MANY;
}

static int rules_check_tune(const struct fa_options *options, struct fa_error *err)
{
    const struct fa_compare_options *c = &options->compare;
    const char *other = c->stage                 ? "--stage"
                        : c->read                ? "--read"
                        : c->programs.count > 0  ? "--with"
                        : c->loops.count > 1     ? "several --loops"
                        : c->hash.count > 1      ? "several --hash"
                        : c->hash_with.count > 1 ? "several --hash-with"
                                                 : NULL;
    if (c->write && !c->tune)
        return fa_option_refuse(err, "--write requires --tune");
    if (c->write && options->no_config)
        return fa_option_refuse(err, "--write requires a config file: remove --no-config");
    if (c->tune && other)
        return fa_option_refuse(err, "--tune cannot be combined with %s: remove one of them",
                                other);
    return 0;
}

/* Other programs' files are compared with those of the same entries, and a race needs the same
 * entries for all. */
static int rules_check_fresh(const struct fa_options *options, struct fa_error *err)
{
    const struct fa_compare_options *c = &options->compare;
    const char *other = c->stage                ? "--stage"
                        : c->read               ? "--read"
                        : c->tune               ? "--tune"
                        : c->programs.count > 0 ? "--with"
                                                : NULL;
    if (c->fresh && other)
        return fa_option_refuse(
            err, "--sample fresh cannot be combined with %s: remove one of them", other);
    return 0;
}

int fa_compare_rules_check(struct fa_options *options, struct fa_error *err)
{
    const struct fa_compare_options *c = &options->compare;
    rules_set_rounds(&options->compare);
    if (c->stage && !options->config.hash)
        return fa_option_refuse(err, "--stage requires a digest: remove --hash none");
    if (c->fail_if.measure && !c->baseline)
        return fa_option_refuse(err, "--fail-if requires --baseline FILE");
    if (c->read && c->html && options->lists.count > 1)
        return fa_option_refuse(err, "--read writes a page of one file: remove --html");
    if (c->stage && c->programs.count > 0)
        return fa_option_refuse(err, "--stage compares nothing of other programs: remove --with");
    if (c->stage && c->max_bytes)
        return fa_option_refuse(err, "--stage downloads each file once: remove --max-bytes");
    return rules_check_fresh(options, err) || rules_check_tune(options, err) ? -1 : 0;
}
