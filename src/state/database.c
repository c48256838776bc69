/*
 * Opening goes through a series of checks, each of which ends with one of three results: GOOD, BAD
 * (the state cannot be used: an error), or DAMAGED (the file is corrupt).  A damaged database is
 * renamed, never deleted, and replaced by an empty one; a reader reports it instead.
 *
 * A database of an older schema is migrated.  A reader must not change the file, so it migrates a
 * temporary copy.  A newer schema is an error.
 *
 * Durability: the database uses a WAL on local file systems, else a rollback journal: a WAL
 * requires memory that is shared through the file system.  The whole database is checked
 * (quick_check) only if the last run did not end properly.
 *
 * Locks and syncs can be missing on mounts.  Without locks of fcntl(2) the VFS "unix-none" is used,
 * which has none: a second fetchall is kept out by the lock of the folder.  Without fsync(2),
 * SQLite cannot roll back the journal of a run that was killed, but it can read a WAL; the index of
 * that is in the memory of the process, which keeps the database locked.  A power failure may
 * damage the database then, which is set aside.
 */
#include "state/database.h"

#include "base/io.h"
#include "state/failure.h"
#include "state/files.h"
#include "state/schema.h"

#include <fetchall/state.h>
#include <fetchall/version.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The result of a check. */
enum opening_result { GOOD, BAD, DAMAGED };

struct database_opening {
    const char *file; /* resolved path */
    const char *dir;
    bool write;
    bool durable;
    bool emptied;                  /* the file existed, but was empty */
    struct fa_files_traits traits; /* of the file system */
    int64_t schema;
    sqlite3 *db;
    char why[100]; /* the reason, if DAMAGED */
    struct fa_error *err;
};

static enum opening_result opening_refuse(const struct database_opening *o, const char *why)
{
    fa_error_set(o->err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "cannot use '%s': %s", o->file,
                 why);
    return BAD;
}

/* Classify the last error of the connection. */
static enum opening_result opening_judge(struct database_opening *o)
{
    int base = sqlite3_errcode(o->db) & 0xff;
    /* To roll back a journal requires a sync; only a new database has one where that cannot be. */
    bool stuck = o->traits.no_sync && sqlite3_extended_errcode(o->db) == SQLITE_IOERR_FSYNC;
    if (base == SQLITE_NOTADB || base == SQLITE_CORRUPT || stuck) {
        snprintf(o->why, sizeof(o->why), "%s", sqlite3_errmsg(o->db));
        return DAMAGED;
    }
    fa_failure_set(o->db, 0, "open", o->file, o->err);
    return BAD;
}

void fa_database_boot(char ret[FA_BOOT_MAX])
{
    FILE *in = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (!in || !fgets(ret, FA_BOOT_MAX, in))
        ret[0] = '\0';
    if (in)
        fclose(in);
    ret[strcspn(ret, "\n")] = '\0';
}

/* A run without an end time was killed; whether its unsynced bytes have survived depends on the
 * boot. */
int fa_database_last_run(sqlite3 *db, struct fa_state_run *ret)
{
    static const char sql[] = "SELECT id, began, ended, lists_final, entries, done, boot, mode"
                              " FROM run ORDER BY id DESC LIMIT 1";
    char boot[FA_BOOT_MAX];
    sqlite3_stmt *stmt = NULL;
    memset(ret, 0, sizeof(*ret));
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        ret->id = (uint64_t)sqlite3_column_int64(stmt, 0);
        ret->began = sqlite3_column_double(stmt, 1);
        ret->ended = sqlite3_column_double(stmt, 2);
        ret->lists_final = sqlite3_column_int(stmt, 3);
        ret->entries = (uint64_t)sqlite3_column_int64(stmt, 4);
        ret->done = (uint64_t)sqlite3_column_int64(stmt, 5);
        const char *then = (const char *)sqlite3_column_text(stmt, 6);
        fa_database_boot(boot);
        ret->same_boot = then && boot[0] && strcmp(then, boot) == 0;
        const char *mode = (const char *)sqlite3_column_text(stmt, 7);
        snprintf(ret->mode, sizeof(ret->mode), "%s", mode ? mode : "");
    }
    sqlite3_finalize(stmt);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -1;
}

/* Open a database in a read-only directory.  That is safe only without a WAL: the file is
 * complete. */
static int opening_connect_immutable(struct database_opening *o)
{
    static const char plain[] = "/._-0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char uri[3 * PATH_MAX + 32];
    size_t len = (size_t)snprintf(uri, sizeof(uri), "file:");
    for (const char *c = o->file; *c; ++c)
        len += (size_t)snprintf(uri + len, sizeof(uri) - len, strchr(plain, *c) ? "%c" : "%%%02X",
                                (unsigned char)*c);
    snprintf(uri + len, sizeof(uri) - len, "?immutable=1");
    sqlite3_close(o->db);
    o->db = NULL;
    return sqlite3_open_v2(
        uri, &o->db,
        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
}

/* A hostile database must not run code of its own (triggers, views, functions in the schema), and
 * deleted secrets must not linger in free pages.  The busy time-out comes before any access: even
 * setting the journal mode may find the database locked. */
static int connection_configure(sqlite3 *db)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, 5000);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    return sqlite3_exec(db,
                        "PRAGMA cache_size=-4000; PRAGMA temp_store=MEMORY;"
                        "PRAGMA secure_delete=ON;"
                        "PRAGMA wal_autocheckpoint=4000",
                        NULL, NULL, NULL);
}

/* A database whose last journal was a WAL can be opened without shared memory only if the
 * connection owns it, and other pragmas open it. */
static int connection_own(const struct database_opening *o)
{
    return o->write && !o->traits.shares
               ? sqlite3_exec(o->db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL)
               : SQLITE_OK;
}

/* Connect, and read the first page of the file. */
static enum opening_result opening_connect(struct database_opening *o, int64_t *ret_application)
{
    static const char sql[] = "PRAGMA application_id";
    int flags = (o->write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_NOFOLLOW;
    int rc = sqlite3_open_v2(o->file, &o->db, flags, o->traits.no_locks ? "unix-none" : NULL);
    if (rc == SQLITE_OK && connection_own(o) == SQLITE_OK &&
        connection_configure(o->db) == SQLITE_OK && fa_schema_ask(o->db, sql, ret_application) == 0)
        return GOOD;
    rc = sqlite3_extended_errcode(o->db);
    bool shut = (rc & 0xff) == SQLITE_CANTOPEN || rc == SQLITE_IOERR_SHMMAP ||
                rc == SQLITE_READONLY_CANTINIT || rc == SQLITE_READONLY_DIRECTORY;
    if (o->write || !shut || fa_files_size(o->file, "-wal") > 0)
        return opening_judge(o);
    if (opening_connect_immutable(o) == SQLITE_OK && connection_configure(o->db) == SQLITE_OK &&
        fa_schema_ask(o->db, sql, ret_application) == 0)
        return GOOD;
    return opening_judge(o);
}

static enum opening_result opening_unreadable(const struct database_opening *o, int code)
{
    fa_error_system(o->err, FA_CLASS_LOCAL_IO, code, "cannot read '%s'", o->file);
    return BAD;
}

/* Create the schema before enabling the WAL, so that deleting the WAL does not leave an empty
 * database. A kill cannot harm unsynced data, and a power failure can lose only a new state. */
static enum opening_result opening_create(struct database_opening *o)
{
    sqlite3_exec(o->db, o->durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF", NULL,
                 NULL, NULL);
    o->schema = fa_schema_newest;
    return fa_schema_migrate(o->db) ? opening_judge(o) : GOOD;
}

/* A reader must not modify the database: continue on a temporary copy.  SQLite deletes a database
 * with an empty name when it is closed. */
static enum opening_result opening_replace_by_copy(struct database_opening *o)
{
    sqlite3 *copy = NULL;
    sqlite3_backup *backup = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2("", &copy, flags, NULL);
    if (rc == SQLITE_OK && (backup = sqlite3_backup_init(copy, "main", o->db, "main")))
        sqlite3_backup_step(backup, -1);
    rc = backup ? sqlite3_backup_finish(backup) : SQLITE_ERROR;
    sqlite3_close(o->db);
    o->db = copy;
    return rc == SQLITE_OK && connection_configure(copy) == SQLITE_OK ? GOOD : opening_judge(o);
}

static enum opening_result opening_upgrade(struct database_opening *o)
{
    enum opening_result opening_result = o->write ? GOOD : opening_replace_by_copy(o);
    if (opening_result == GOOD && fa_schema_migrate(o->db))
        opening_result = opening_judge(o);
    return opening_result;
}

/* Each migration records the version of its program, so that this message can name it. */
static enum opening_result opening_refuse_newer(const struct database_opening *o)
{
    char program[32], why[160];
    if (fa_schema_ask_text(o->db, "SELECT v FROM meta WHERE k='program'", program,
                           sizeof(program)) <= 0)
        snprintf(program, sizeof(program), "that version");
    snprintf(why, sizeof(why),
             "made by a newer fetchall: use %s or later (its schema is %lld; this is " FA_VERSION
             ", which supports up to %lld)",
             program, (long long)o->schema, (long long)fa_schema_newest);
    return opening_refuse(o, why);
}

/* An empty database counts as new; a database of another program is never touched. */
static enum opening_result opening_check_schema(struct database_opening *o, int64_t application)
{
    int64_t tables;
    if (fa_schema_ask(o->db, "PRAGMA user_version", &o->schema) ||
        fa_schema_ask(o->db, "SELECT count(*) FROM sqlite_schema", &tables))
        return opening_judge(o);
    if (application == 0 && o->schema == 0 && tables == 0)
        return o->write ? opening_create(o) : opening_unreadable(o, ENOENT);
    if (application != FA_SCHEMA_APPLICATION)
        return opening_refuse(o, "it is the database of another program");
    if (o->schema > fa_schema_newest)
        return opening_refuse_newer(o);
    if (o->schema > 0)
        return GOOD;
    snprintf(o->why, sizeof(o->why), "no schema");
    return DAMAGED;
}

/* A rollback journal without syncs risks corruption, not only lost commits. */
static const char *opening_synchronous(const struct database_opening *o, bool wal)
{
    return o->traits.no_sync    ? "PRAGMA synchronous=OFF"
           : o->durable || !wal ? "PRAGMA synchronous=FULL"
                                : "PRAGMA synchronous=NORMAL";
}

/* Readers have their turn again once the connection is not the owner any more; it remains that for
 * a WAL without shared memory. */
static enum opening_result opening_set_journal(struct database_opening *o)
{
    char mode[16] = "";
    bool wal = o->traits.shares || o->traits.no_sync;
    if (o->traits.no_sync &&
        sqlite3_exec(o->db, opening_synchronous(o, true), NULL, NULL, NULL) != SQLITE_OK)
        return opening_judge(o);
    if (wal && fa_schema_ask_text(o->db, "PRAGMA journal_mode=WAL", mode, sizeof(mode)) < 0)
        return opening_judge(o);
    wal = strcmp(mode, "wal") == 0;
    if (!wal && fa_schema_ask_text(o->db, "PRAGMA journal_mode=TRUNCATE", mode, sizeof(mode)) < 0)
        return opening_judge(o);
    if (!wal && sqlite3_exec(o->db, "PRAGMA locking_mode=NORMAL", NULL, NULL, NULL) != SQLITE_OK)
        return opening_judge(o);
    return sqlite3_exec(o->db, opening_synchronous(o, wal), NULL, NULL, NULL) == SQLITE_OK
               ? GOOD
               : opening_judge(o);
}

/* The directory that a state without --state belongs to, derived from its path. */
static bool opening_home(const struct database_opening *o, char home[PATH_MAX])
{
    size_t len = realpath(o->file, home) ? fa_files_home(home) : 0;
    if (len == 0)
        return false;
    home[len == 1 ? 1 : len - 1] = '\0';
    return true;
}

/* A state describes the files of one directory: used with another one, it would claim files
 * that are not there. */
static enum opening_result opening_check_dir(struct database_opening *o)
{
    char there[PATH_MAX];
    int found = fa_schema_ask_text(o->db, "SELECT v FROM meta WHERE k='dir'", there, sizeof(there));
    if (found < 0)
        return opening_judge(o);
    if (o->dir && !found)
        found = opening_home(o, there);
    if (!o->dir || (found && strcmp(there, o->dir) == 0))
        return GOOD;
    if (found) {
        fa_error_set(o->err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "cannot use '%s' for '%s': it belongs to the directory '%s'", o->file, o->dir,
                     there);
        return BAD;
    }
    if (!o->write)
        return GOOD;
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(o->db, "INSERT INTO meta(k, v) VALUES('dir', ?1)", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(stmt, 1, o->dir, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    sqlite3_finalize(stmt);
    return rc == SQLITE_DONE ? GOOD : opening_judge(o);
}

/* Check the whole database only after a run that did not end properly. */
static enum opening_result opening_check_contents(struct database_opening *o)
{
    struct fa_state_run last;
    char answer[sizeof(o->why)];
    if (fa_database_last_run(o->db, &last))
        return opening_judge(o);
    if (!o->write || last.id == 0 || last.ended > 0)
        return GOOD;
    if (fa_schema_ask_text(o->db, "PRAGMA quick_check(1)", answer, sizeof(answer)) < 0)
        return opening_judge(o);
    if (strcmp(answer, "ok") == 0)
        return GOOD;
    answer[strcspn(answer, "\n")] = '\0';
    snprintf(o->why, sizeof(o->why), "%s", answer);
    return DAMAGED;
}

/* Check the tables now: otherwise a statement would fail later. */
static enum opening_result opening_check_tables(struct database_opening *o)
{
    int good = fa_schema_check(o->db, o->schema);
    if (good)
        return good < 0 ? opening_judge(o) : GOOD;
    snprintf(o->why, sizeof(o->why), "a table is missing");
    return DAMAGED;
}

/* What every run reads and writes at its start, which then would fail again and again.  Damage
 * elsewhere ends a run without an end time, so that the next one checks everything. */
static enum opening_result opening_try(struct database_opening *o)
{
    static const char sql[] =
        "SELECT * FROM record ORDER BY seq LIMIT 1; SELECT * FROM origin; SELECT * FROM archive;"
        "BEGIN; INSERT INTO run DEFAULT VALUES; DELETE FROM run; ROLLBACK";
    return !o->write || sqlite3_exec(o->db, sql, NULL, NULL, NULL) == SQLITE_OK ? GOOD
                                                                                : opening_judge(o);
}

/* Create the file ourselves to set its mode, which SQLite copies to the WAL.  Only if it is
 * missing: closing a descriptor of an existing database would drop all locks of this process on
 * it. */
static enum opening_result opening_make_file(struct database_opening *o)
{
    if (fa_files_size(o->file, "") <= 0 && fa_files_size(o->file, "-wal") > 0) {
        snprintf(o->why, sizeof(o->why), "only its WAL exists");
        return DAMAGED;
    }
    o->emptied = fa_files_size(o->file, "") == 0;
    int fd = open(o->file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST) {
        fa_io_not_created(o->err, AT_FDCWD, o->file, "create", o->file);
        return BAD;
    }
    if (fd >= 0)
        close(fd);
    else
        fa_files_make_private(o->file);
    return GOOD;
}

/* The order matters: the owner is checked before SQLite opens a file, and the application and
 * tables before anything is written, so that no foreign database is changed.  Only a state that has
 * passed all checks is migrated. */
static enum opening_result opening_attempt(struct database_opening *o)
{
    int64_t application = 0;
    enum opening_result opening_result = fa_files_check(o->file, o->err) ? BAD : GOOD;
    if (opening_result == GOOD && o->write)
        opening_result = opening_make_file(o);
    else if (opening_result == GOOD && fa_files_size(o->file, "") < 0)
        opening_result = opening_unreadable(o, errno);
    if (opening_result == GOOD)
        opening_result = opening_connect(o, &application);
    if (opening_result == GOOD)
        opening_result = opening_check_schema(o, application);
    if (opening_result == GOOD)
        opening_result = opening_check_tables(o);
    if (opening_result == GOOD && o->write)
        opening_result = opening_set_journal(o);
    if (opening_result == GOOD && fa_files_check(o->file, o->err))
        opening_result = BAD;
    if (opening_result == GOOD)
        opening_result = opening_check_contents(o);
    if (opening_result == GOOD)
        opening_result = opening_check_dir(o);
    if (opening_result == GOOD && o->schema < fa_schema_newest)
        opening_result = opening_upgrade(o);
    if (opening_result == GOOD)
        opening_result = opening_try(o);
    if (opening_result != GOOD) {
        sqlite3_close(o->db);
        o->db = NULL;
    }
    return opening_result;
}

static int opening_probe(struct database_opening *o)
{
    fa_files_probe(o->file, o->write, &o->traits);
    if (!o->traits.no_sync || !o->durable)
        return 0;
    fa_error_set(o->err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                 "cannot use '%s': its file system cannot sync files, as --fsync requires",
                 o->file);
    return -1;
}

/* Only one attempt after a repair: if that fails too, the disk is to blame. */
sqlite3 *fa_database_open(const char *file, const char *dir, enum fa_state_open how, bool durable,
                          char **ret_file, char ret_notice[FA_MESSAGE_MAX], struct fa_error *err)
{
    struct database_opening o = {
        .dir = dir, .write = how == FA_STATE_WRITE, .durable = durable, .err = err};
    char *name = fa_files_resolve(file, err);
    ret_notice[0] = '\0';
    if (!name)
        return NULL;
    o.file = name;
    enum opening_result opening_result = opening_probe(&o) ? BAD : opening_attempt(&o);
    if (opening_result == DAMAGED && o.write &&
        fa_files_set_aside(name, o.why, ret_notice, err) == 0)
        opening_result = opening_attempt(&o);
    else if (opening_result == DAMAGED && !o.write)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "cannot read '%s': the database is damaged (%s)", name, o.why);
    if (opening_result == GOOD && o.emptied)
        snprintf(ret_notice, FA_MESSAGE_MAX, "'%s' was empty: any previous state is lost", name);
    if (opening_result == GOOD)
        *ret_file = name;
    else
        free(name);
    return o.db;
}

void fa_database_close(sqlite3 *db)
{
    if (!db)
        return;
    /* A reader may delay the checkpoint: the last connection to close completes it. */
    sqlite3_busy_timeout(db, 100);
    char mode[16] = "";
    if (!sqlite3_db_readonly(db, "main"))
        sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    /* The empty journal of this mode is not needed any more. */
    if (fa_schema_ask_text(db, "PRAGMA journal_mode", mode, sizeof(mode)) > 0 &&
        strcmp(mode, "truncate") == 0)
        sqlite3_exec(db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    sqlite3_close(db);
}
