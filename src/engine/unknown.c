/*
 * Each name is reported once, not for each entry: a session file of aria2 has some in all of them.
 */
#include "engine/unknown.h"

#include "base/buf.h"
#include "base/key.h"
#include "list/aria2.h"
#include "list/curl_option.h"

#include <fetchall/redact.h>

#include <stdlib.h>
#include <string.h>

/* @return whether the name is new, and among the first FA_UNKNOWN_MAX */
static bool unknown_remember(struct fa_unknown *unknown, const char *name)
{
    uint64_t key = fa_key_str(name);
    for (size_t i = 0; i < unknown->count; ++i)
        if (unknown->keys[i] == key)
            return false;
    if (unknown->count == FA_UNKNOWN_MAX)
        return false;
    unknown->keys[unknown->count++] = key;
    return true;
}

static void names_put_text(struct fa_buf *names, const char *text)
{
    fa_buf_put(names, text, strlen(text));
}

/* It may be a mistyped header with a secret in it, so it is redacted. */
static void names_put(struct fa_buf *names, const char *name, const char *hint, const char *keys)
{
    char *redacted = fa_redact_url(name, keys);
    names_put_text(names, names->len > 0 ? ", '" : "'");
    names_put_text(names, redacted ? redacted : "?");
    names_put_text(names, "'");
    if (hint) {
        names_put_text(names, " (use ");
        names_put_text(names, hint);
        names_put_text(names, ")");
    }
    free(redacted);
}

/* @what  Of the names: unknown ones, or those of aria2 or curl. */
static void names_report(struct fa_buf *names, size_t n, const char *what, const char *of,
                         struct fa_emitter *emitter, const struct fa_entry *entry)
{
    fa_buf_put_u8(names, 0);
    if (n > 0)
        fa_emit_notice(emitter, entry, "%s%s%s%s, ignored: %s", what, entry->unknown_are,
                       n == 1 ? "" : "s", of, names->failed ? "?" : (const char *)names->data);
    fa_buf_fini(names);
}

/* Whether it is an option of aria2 or curl that has no effect here, and what has. */
static bool option_is_known(const struct fa_entry *entry, const char *name, const char **ret_hint)
{
    bool curl = strcmp(entry->unknown_are, "curl option") == 0;
    const struct fa_curl_row *row = curl ? fa_curl_option_find(name, strlen(name)) : NULL;
    bool aria2 = strcmp(entry->unknown_are, "option") == 0;
    const struct fa_aria2_option *option = aria2 ? fa_aria2_find(name, strlen(name)) : NULL;
    *ret_hint = row ? row->hint : option ? option->hint : NULL;
    return row || option;
}

void fa_unknown_report(struct fa_unknown *unknown, struct fa_emitter *emitter,
                       const struct fa_entry *entry, const char *keys)
{
    struct fa_buf others, ours;
    size_t n_others = 0, n_ours = 0;
    bool are_options = strcmp(entry->unknown_are, "option") == 0;
    fa_buf_init(&others);
    fa_buf_init(&ours);
    for (size_t i = 0; i < entry->n_unknown; ++i) {
        const char *name = entry->unknown[i].name;
        const char *hint;
        bool known = option_is_known(entry, name, &hint);
        if (!unknown_remember(unknown, name))
            continue;
        names_put(known ? &ours : &others, name, hint, keys);
        n_ours += known;
        n_others += !known;
    }
    names_report(&others, n_others, "unknown ", "", emitter, entry);
    names_report(&ours, n_ours, "", are_options ? " of aria2c" : "", emitter, entry);
}
