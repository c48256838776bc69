#include "state/row.h"

#include <string.h>

/* Validate numbers that index arrays or select enumerators: the file may be corrupt. */
int fa_row_read(sqlite3_stmt *row, const char *file, struct fa_record *ret, struct fa_error *err)
{
    memset(ret, 0, sizeof(*ret));
    ret->key = (uint64_t)sqlite3_column_int64(row, 0);
    int64_t standing = sqlite3_column_int64(row, 1);
    ret->url = (const char *)sqlite3_column_text(row, 2);
    ret->path = (const char *)sqlite3_column_text(row, 3);
    ret->text = (const char *)sqlite3_column_text(row, 4);
    ret->line = sqlite3_column_int64(row, 5);
    int64_t class = sqlite3_column_int64(row, 6);
    ret->transient = sqlite3_column_int(row, 7);
    ret->secret = sqlite3_column_int(row, 8);
    ret->http = sqlite3_column_int(row, 9);
    ret->error = (const char *)sqlite3_column_text(row, 10);
    ret->size = sqlite3_column_int64(row, 11);
    ret->durable = (uint64_t)sqlite3_column_int64(row, 12);
    ret->mirror = (uint64_t)sqlite3_column_int64(row, 13);
    ret->etag = (const char *)sqlite3_column_text(row, 14);
    ret->modified = sqlite3_column_int64(row, 15);
    ret->strong = sqlite3_column_int(row, 16);
    int64_t hash = sqlite3_column_int64(row, 17);
    const void *digest = sqlite3_column_blob(row, 18);
    int len = sqlite3_column_bytes(row, 18);
    ret->run = (uint64_t)sqlite3_column_int64(row, 19);
    ret->owner = (uint64_t)sqlite3_column_int64(row, 20);
    ret->replaces = sqlite3_column_int(row, 21);
    ret->coding = (const char *)sqlite3_column_text(row, 22);
    ret->tried = sqlite3_column_int(row, 23);
    ret->slice = (const char *)sqlite3_column_text(row, 24);
    ret->unverified = sqlite3_column_int(row, 25);
    int64_t hook = sqlite3_column_int64(row, 26);
    ret->archive = (uint64_t)sqlite3_column_int64(row, 27);
    ret->offset = (uint64_t)sqlite3_column_int64(row, 28);
    ret->alias = sqlite3_column_int(row, 29);
    if (standing < 0 || standing >= FA_STANDINGS || class < 0 || class >= FA_CLASSES) {
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "cannot read '%s': invalid record for '%s'", file, ret->url ? ret->url : "");
        return -1;
    }
    ret->standing = (enum fa_standing)standing;
    ret->hook = hook > 0 && hook < FA_HOOK_STANDINGS ? (enum fa_hook_standing)hook : FA_HOOK_NONE;
    ret->class = (enum fa_class) class;
    if (digest && len <= FA_DIGEST_MAX && hash > 0 && hash < 1 << FA_HASHES &&
        fa_hash_size((enum fa_hash)hash) == (size_t)len) {
        ret->digest.hash = (enum fa_hash)hash;
        memcpy(ret->digest.bytes, digest, (size_t)len);
    }
    return 0;
}

void fa_row_bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
    sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
}

void fa_row_bind_number(sqlite3_stmt *stmt, int at, int64_t value)
{
    if (value)
        sqlite3_bind_int64(stmt, at, value);
    else
        sqlite3_bind_null(stmt, at);
}

void fa_row_bind(sqlite3_stmt *stmt, const struct fa_record *r)
{
    sqlite3_bind_int64(stmt, 1, (int64_t)r->key);
    sqlite3_bind_int64(stmt, 2, r->standing);
    fa_row_bind_text(stmt, 3, r->url);
    fa_row_bind_text(stmt, 4, r->path);
    fa_row_bind_text(stmt, 5, r->text);
    fa_row_bind_number(stmt, 6, r->line);
    fa_row_bind_number(stmt, 7, r->class);
    fa_row_bind_number(stmt, 8, r->transient);
    fa_row_bind_number(stmt, 9, r->secret);
    fa_row_bind_number(stmt, 10, r->http);
    fa_row_bind_text(stmt, 11, r->error);
    fa_row_bind_number(stmt, 12, r->size);
    fa_row_bind_number(stmt, 13, (int64_t)r->durable);
    fa_row_bind_number(stmt, 14, (int64_t)r->mirror);
    fa_row_bind_text(stmt, 15, r->etag);
    fa_row_bind_number(stmt, 16, r->modified);
    fa_row_bind_number(stmt, 17, r->strong);
    fa_row_bind_number(stmt, 18, r->digest.hash);
    if (r->digest.hash)
        sqlite3_bind_blob(stmt, 19, r->digest.bytes, (int)fa_hash_size(r->digest.hash),
                          SQLITE_STATIC);
    else
        sqlite3_bind_null(stmt, 19);
    fa_row_bind_number(stmt, 20, (int64_t)r->run);
    fa_row_bind_number(stmt, 21, (int64_t)r->owner);
    fa_row_bind_number(stmt, 22, r->replaces);
    fa_row_bind_text(stmt, 23, r->coding);
    fa_row_bind_number(stmt, 24, r->tried);
    fa_row_bind_text(stmt, 25, r->slice);
    fa_row_bind_number(stmt, 26, r->unverified);
    fa_row_bind_number(stmt, 27, r->hook);
    fa_row_bind_number(stmt, 28, (int64_t)r->archive);
    fa_row_bind_number(stmt, 29, (int64_t)r->offset);
    fa_row_bind_number(stmt, 30, r->alias);
}
