/**
 * The name of the file that an entry becomes.  Pure; no other code makes names.
 *
 * A name is a path relative to the folder of the session.  Whatever the URL contains, it stays
 * inside that folder: no component is empty, "." or "..", contains a control byte, or is longer
 * than 255 bytes (NAME_MAX), or than the file system allows; it is UTF-8; and it never leads into
 * the folder's own ".fetchall".
 *
 * Names from a URL: percent-encoding is decoded once (RFC 3986, 2.1), so an encoded slash creates
 * no folder.  Invalid UTF-8, control characters, characters that change the direction of text, '/'
 * and '\' become '_' each.  So does a first '-', '~' or space, so that no file looks like an
 * option, and a first '.' at the top of the folder, so that no file there is hidden.  Below the top
 * one dot is kept, except in ".fetchall".  Dots and spaces at the end are dropped.  A name that is
 * too long is cut before its extension.  A URL without a file name becomes "index.html".
 *
 * A template makes names as a URL does: each value is cleaned, and a slash in it makes no folder,
 * except in the path of the URL.  What the user wrote at the beginning of a component stays.
 *
 * Names from the user (`out`, `dir`) are either taken as they are, apart from "./" and "//", or
 * refused.  An absolute `dir`, as aria2 writes it, may be below the folder.
 *
 * Names are bytes: two names that differ only in case, or in the normal form of an accent, are
 * different, unless the folder folds the case of letters (engine/mount.h): see fa_name_key().  In
 * FA_LAYOUT_TREE a server may have both a file "a" and a folder "a/": see engine/claims.h.
 */
#ifndef FA_ENGINE_NAME_H
#define FA_ENGINE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/name_part.h"

#include <fetchall/error.h>

/** Bytes of a path, so that an alternative of its alternative fits below PATH_MAX with its zero. */
#define FA_NAME_PATH_MAX (4096 - 1 - 2 * 9)

/**
 * Make the relative path of a file.
 *
 * @ret_path  Owned by the caller: free(3).
 * @return 0, or -1 with FA_CLASS_REFUSED if the user gave an invalid name or the path is too long;
 *         FA_CLASS_LOCAL_IO if there is no memory.
 */
int fa_name_build(const struct fa_name_source *src, char **ret_path, struct fa_error *err);

/**
 * Put a file into one of several folders, so that none has too many: "a/x.jpg" becomes
 * "a/3f/x.jpg".
 *
 * The folder is the hash of the path (XXH3, 64 bits) modulo their number, in hexadecimal digits, as
 * many as the last one has.
 *
 * @path  From fa_name_build(); replaced.
 * @return 0, or -1 as fa_name_build(): *path is unchanged then.
 */
int fa_name_fan_out(char **path, unsigned folders, struct fa_error *err);

/**
 * The path of a file whose server gives it a name: that name replaces the last component.
 *
 * It is cleaned as one of a URL is, though not percent-decoded; a dot at its start becomes '_'
 * below the top, too.
 *
 * @path      From fa_name_build().
 * @name      Any bytes.
 * @part_max, @folders  As in fa_name_source.
 * @ret       Owned by the caller: free(3); NULL: nothing of the name can be used, or the path would
 *            be too long.
 * @return 0, or -1 with FA_CLASS_LOCAL_IO: no memory.
 */
int fa_name_serve(const char *path, const char *name, size_t part_max, unsigned folders, char **ret,
                  struct fa_error *err);

/**
 * The name for the later of two files with one name: "x.tar.gz" becomes "x-0123abcd.tar.gz".
 *
 * An extension is the text after the last dot, if it has 1 to 16 letters, digits, '+', '-' or '_',
 * together with a ".tar" before it.  The longest names lose the end of their stem, so a name that
 * already has the hash there stays the same.
 *
 * @path      From fa_name_build().
 * @part_max  As in fa_name_source.
 * @hash      Of the URL, so that it is the same on every run.
 * @ret       Owned by the caller: free(3).
 * @return 0, or -1 if there is no memory.
 */
int fa_name_alternative(const char *path, size_t part_max, uint32_t hash, char **ret);

/**
 * The key of a path: equal for two paths that mean the same file.
 *
 * @folded  The case of ASCII letters makes no difference.
 */
uint64_t fa_name_key(const char *path, bool folded);

#endif
