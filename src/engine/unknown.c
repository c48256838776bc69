/*
 * Each name is reported once, not for each entry: a session file of aria2 has some in all of them.
 */
#include "engine/unknown.h"

#include "base/buf.h"
#include "base/key.h"
#include "list/aria2.h"

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

/* @what  Of the names: unknown ones, or those of aria2. */
static void names_report(struct fa_buf *names, size_t n, const char *what, const char *of,
                         struct fa_emitter *emitter, const struct fa_entry *entry)
{
    fa_buf_put_u8(names, 0);
    if (n > 0)
        fa_emit_notice(emitter, entry, "%s%s%s%s, ignored: %s", what, entry->unknown_are,
                       n == 1 ? "" : "s", of, names->failed ? "?" : (const char *)names->data);
    fa_buf_fini(names);
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
        const struct fa_aria2_option *option =
            are_options ? fa_aria2_find(name, strlen(name)) : NULL;
        if (!unknown_remember(unknown, name))
            continue;
        names_put(option ? &ours : &others, name, option ? option->hint : NULL, keys);
        n_ours += option != NULL;
        n_others += option == NULL;
    }
    names_report(&others, n_others, "unknown ", "", emitter, entry);
    names_report(&ours, n_ours, "", " of aria2c", emitter, entry);
}
