#include "engine/added.h"

#include "list/packed.h"

#include <errno.h>
#include <string.h>

/*
 * Copy a field into the memory of the entry; *room is advanced past it.
 * @return The copy
 */
static char *field_copy(char **room, const char *text, size_t *ret_len)
{
    char *copy = *room;
    *ret_len = strlen(text);
    memcpy(copy, text, *ret_len + 1);
    *room += *ret_len + 1;
    return copy;
}

/* A bad entry of a list is reported as a result, an unknown option as a warning.  A program gets
 * an error at once, as it can fix its call. */
static int added_check(const struct fa_entry *entry, struct fa_error *err)
{
    if (entry->error.class != FA_CLASS_NONE) {
        *err = entry->error;
        return -1;
    }
    if (entry->n_unknown == 0)
        return 0;
    fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_BAD_URL, "unknown option \"%.100s\"",
                 entry->unknown[0].name);
    return -1;
}

struct fa_entry *fa_added_entry(const char *url, const char *const *options, void *tag,
                                uint64_t number, struct fa_error *err)
{
    struct fa_entry_need need = {.urls = 1, .bytes = strlen(url) + 1};
    for (size_t i = 0; options && options[i]; ++i) {
        ++need.options;
        need.bytes += strlen(options[i]) + 1;
    }
    char *room;
    size_t len;
    struct fa_entry *entry = fa_entry_new("", number, &need, &room, err);
    if (!entry)
        return NULL;
    char *copy = field_copy(&room, url, &len);
    fa_entry_add_url(entry, copy, len);
    for (size_t i = 0; i < need.options; ++i) {
        copy = field_copy(&room, options[i], &len);
        fa_entry_add_option(entry, copy, len);
    }
    fa_entry_finish(entry, url, strlen(url));
    entry->tag = tag;
    if (added_check(entry, err) == 0)
        return entry;
    fa_entry_free(entry);
    return NULL;
}

/* The path replaces the name that the entry has, so it is packed and read a second time. */
static struct fa_entry *entry_set_path(struct fa_entry *entry, const char *path,
                                       struct fa_error *err)
{
    struct fa_buf packed;
    struct fa_entry *named = NULL;
    fa_buf_init(&packed);
    fa_entry_pack(entry, path, &packed);
    if (packed.failed)
        fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot read an entry");
    else
        named = fa_entry_unpack("", entry->line, (const char *)packed.data, packed.len, err);
    fa_buf_fini(&packed);
    fa_entry_free(entry);
    return named;
}

struct fa_entry *fa_added_unpack(const char *packed, const char *path, uint64_t line, void *tag,
                                 struct fa_error *err)
{
    struct fa_entry *entry = fa_entry_unpack("", line, packed, strlen(packed), err);
    if (entry && path && entry->error.class == FA_CLASS_NONE)
        entry = entry_set_path(entry, path, err);
    if (entry)
        entry->tag = tag;
    return entry;
}
