/**
 * The name of the file that an entry becomes: pure, and the one place that makes names.
 *
 * A name is a path relative to the folder of the session.  Whatever the URL holds, it stays inside
 * that folder: none of its components is empty, "." or "..", holds a control byte, or is longer
 * than 255 bytes (NAME_MAX); it is UTF-8; and it never leads into the folder's own ".fetchall".
 *
 * Made from a URL: percent-encoding is undone once (RFC 3986, 2.1), so an encoded slash makes no
 * folder.  What is no UTF-8, control characters, those that turn the direction of text around, '/'
 * and '\' become '_' each; so does a first '.', '-', '~' or blank, so that no name is hidden or
 * looks like an option; dots and blanks at the end are dropped; what is too long is cut before a
 * short extension.  A file without a name is "index.html".
 *
 * Given by the user (`out`, `dir`): taken as it is but for "./" and "//", or refused.
 *
 * Names are bytes: two that differ in case only, or in the form of an accent, are two names.  In
 * FA_LAYOUT_TREE a server may have both the file "a" and the folder "a/"; that is not seen here.
 */
#ifndef FA_ENGINE_NAME_H
#define FA_ENGINE_NAME_H

#include <stdint.h>

#include <fetchall/config.h>
#include <fetchall/error.h>

/** Bytes of one component (NAME_MAX of limits.h). */
#define FA_NAME_PART_MAX 255
/** Bytes of a path, so that the alternative fits below PATH_MAX with its zero. */
#define FA_NAME_PATH_MAX (4096 - 1 - 9)

/** What a name is made from.  Nothing is kept. */
struct fa_name_source {
    enum fa_layout layout;
    const char *host; /**< As in the URL; an IPv6 address may have its brackets.  Of no use in
                         FA_LAYOUT_FLAT. */
    const char *path; /**< The path of the URL, percent-encoded, without query and fragment. */
    const char *out;  /**< The user's own name for the file, or NULL: rules over URL and layout. */
    const char *dir;  /**< The user's folder, before out or what the URL gives, or NULL. */
};

/**
 * Make the relative path of a file.
 *
 * @ret_path  Owned by the caller: free(3).
 * @return 0, or -1 with FA_CLASS_REFUSED for what the user gave and may not have, or for a path
 *         that is too long; FA_CLASS_LOCAL_IO if there is no memory.
 */
int fa_name_build(const struct fa_name_source *src, char **ret_path, struct fa_error *err);

/**
 * The name for the later of two files with one name: "x.tar.gz" becomes "x-0123abcd.tar.gz".
 *
 * An extension is what stands behind the last dot, if it has 1 to 16 letters, digits, '+', '-' or
 * '_', together with a ".tar" before it.  The longest names lose the end of their stem, so one that
 * has the hash there already stays the same.
 *
 * @path  From fa_name_build().
 * @hash  Of the URL, so that it is the same on every run.
 * @ret   Owned by the caller: free(3).
 * @return 0, or -1 if there is no memory.
 */
int fa_name_alternative(const char *path, uint32_t hash, char **ret);

#endif
