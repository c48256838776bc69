#include "state/database.h"

#include "state/schema.h"
#include "state/files.h"

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

/* What became of an attempt to open. */
enum fate { GOOD, BAD, DAMAGED };

struct opening {
    const char *file; /* resolved */
    const char *dir;
    bool write;
    bool durable;
    bool emptied; /* the file was there, with nothing in it */
    int64_t schema;
    sqlite3 *db;
    char why[100]; /* DAMAGED */
    struct fa_error *err;
};

int fa_database_failed(sqlite3 *db, int code, const char *what, const char *file,
                       struct fa_error *err)
{
    int rc = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
    const char *why = db ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    if (rc == SQLITE_FULL)
        code = ENOSPC;
    else if (rc == SQLITE_NOMEM)
        code = ENOMEM;
    else if (rc != SQLITE_IOERR && rc != SQLITE_CANTOPEN)
        code = 0;
    else if (code == 0 && (code = sqlite3_system_errno(db)) == 0)
        code = EIO;
    if (code)
        fa_error_system(err, FA_CLASS_LOCAL_IO, code, "cannot %s '%s': %s", what, file, why);
    else
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "cannot %s '%s': %s", what,
                     file, why);
    return -1;
}

static enum fate refuse(const struct opening *o, const char *why)
{
    fa_error_set(o->err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO, "cannot use '%s': it is %s",
                 o->file, why);
    return BAD;
}

/* By the last error of the connection. */
static enum fate judge(struct opening *o)
{
    int base = sqlite3_errcode(o->db) & 0xff;
    if (base == SQLITE_NOTADB || base == SQLITE_CORRUPT) {
        snprintf(o->why, sizeof(o->why), "%s", sqlite3_errmsg(o->db));
        return DAMAGED;
    }
    fa_database_failed(o->db, 0, "open", o->file, o->err);
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

static int64_t size_of(const char *file, const char *suffix)
{
    char name[PATH_MAX + 16];
    struct stat st;
    snprintf(name, sizeof(name), "%s%s", file, suffix);
    return lstat(name, &st) ? -1 : st.st_size;
}

/* A database in a folder that cannot be written to: without a WAL its file is all of it. */
static int connect_immutable(struct opening *o)
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

static int settle_in(sqlite3 *db)
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

/* Connect, and read its first page. */
static enum fate make_contact(struct opening *o, int64_t *ret_application)
{
    static const char sql[] = "PRAGMA application_id";
    int flags = (o->write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_NOFOLLOW;
    int rc = sqlite3_open_v2(o->file, &o->db, flags, NULL);
    if (rc == SQLITE_OK && settle_in(o->db) == SQLITE_OK &&
        fa_schema_ask(o->db, sql, ret_application) == 0)
        return GOOD;
    rc = sqlite3_extended_errcode(o->db);
    bool shut = (rc & 0xff) == SQLITE_CANTOPEN || rc == SQLITE_READONLY_CANTINIT ||
                rc == SQLITE_READONLY_DIRECTORY;
    if (o->write || !shut || size_of(o->file, "-wal") > 0)
        return judge(o);
    if (connect_immutable(o) == SQLITE_OK && settle_in(o->db) == SQLITE_OK &&
        fa_schema_ask(o->db, sql, ret_application) == 0)
        return GOOD;
    return judge(o);
}

static enum fate unreadable(const struct opening *o, int code)
{
    fa_error_system(o->err, FA_CLASS_LOCAL_IO, code, "cannot read '%s'", o->file);
    return BAD;
}

/* The schema comes before the WAL, so that a WAL that is deleted leaves more than an empty
 * database.  A kill cannot harm what is written without a sync, and a power cut loses no more
 * than a beginning. */
static enum fate create(struct opening *o)
{
    sqlite3_exec(o->db, o->durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF", NULL,
                 NULL, NULL);
    o->schema = fa_schema_newest;
    return fa_schema_migrate(o->db) ? judge(o) : GOOD;
}

/* Who only reads changes nothing: a copy, which vanishes when it is closed, takes the place of the
 * database. */
static enum fate replace_by_copy(struct opening *o)
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
    return rc == SQLITE_OK && settle_in(copy) == SQLITE_OK ? GOOD : judge(o);
}

static enum fate upgrade(struct opening *o)
{
    enum fate fate = o->write ? GOOD : replace_by_copy(o);
    if (fate == GOOD && fa_schema_migrate(o->db))
        fate = judge(o);
    return fate;
}

static enum fate refuse_newer(const struct opening *o)
{
    char program[32], why[160];
    if (fa_schema_ask_text(o->db, "SELECT v FROM meta WHERE k='program'", program,
                           sizeof(program)) <= 0)
        snprintf(program, sizeof(program), "that one");
    snprintf(
        why, sizeof(why),
        "made by a newer fetchall: it needs %s or later (its schema is %lld; this is " FA_VERSION
        ", which knows %lld)",
        program, (long long)o->schema, (long long)fa_schema_newest);
    return refuse(o, why);
}

static enum fate check_schema(struct opening *o, int64_t application)
{
    int64_t tables;
    if (fa_schema_ask(o->db, "PRAGMA user_version", &o->schema) ||
        fa_schema_ask(o->db, "SELECT count(*) FROM sqlite_schema", &tables))
        return judge(o);
    if (application == 0 && o->schema == 0 && tables == 0)
        return o->write ? create(o) : unreadable(o, ENOENT);
    if (application != FA_SCHEMA_APPLICATION)
        return refuse(o, "the database of another program");
    if (o->schema > fa_schema_newest)
        return refuse_newer(o);
    if (o->schema > 0)
        return GOOD;
    snprintf(o->why, sizeof(o->why), "it has no schema");
    return DAMAGED;
}

static enum fate set_journal(struct opening *o)
{
    char mode[16];
    if (fa_schema_ask_text(o->db, "PRAGMA journal_mode=WAL", mode, sizeof(mode)) < 0)
        return judge(o);
    bool wal = strcmp(mode, "wal") == 0;
    if (!wal && fa_schema_ask_text(o->db, "PRAGMA journal_mode=TRUNCATE", mode, sizeof(mode)) < 0)
        return judge(o);
    /* A rollback journal needs its syncs against more than lost commits. */
    return sqlite3_exec(
               o->db, o->durable || !wal ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL",
               NULL, NULL, NULL) == SQLITE_OK
               ? GOOD
               : judge(o);
}

/* The folder that a state lies in, where a run without --state keeps it; or none. */
static bool find_home(const struct opening *o, char home[PATH_MAX])
{
    static const char tail[] = "/" FA_STATE_FILE;
    size_t rest = sizeof(tail) - 1;
    size_t len = realpath(o->file, home) ? strlen(home) : 0;
    if (len < rest || strcmp(home + len - rest, tail) != 0)
        return false;
    home[len == rest ? 1 : len - rest] = '\0';
    return true;
}

static enum fate check_dir(struct opening *o)
{
    char there[PATH_MAX];
    int found = fa_schema_ask_text(o->db, "SELECT v FROM meta WHERE k='dir'", there, sizeof(there));
    if (found < 0)
        return judge(o);
    if (o->dir && !found)
        found = find_home(o, there);
    if (!o->dir || (found && strcmp(there, o->dir) == 0))
        return GOOD;
    if (found) {
        fa_error_set(o->err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "cannot use '%s' for '%s': it is of the folder '%s'", o->file, o->dir, there);
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
    return rc == SQLITE_DONE ? GOOD : judge(o);
}

/* All of it is read only after a run that did not end. */
static enum fate check_contents(struct opening *o)
{
    struct fa_state_run last;
    char told[sizeof(o->why)];
    if (fa_database_last_run(o->db, &last))
        return judge(o);
    if (!o->write || last.id == 0 || last.ended > 0)
        return GOOD;
    if (fa_schema_ask_text(o->db, "PRAGMA quick_check(1)", told, sizeof(told)) < 0)
        return judge(o);
    if (strcmp(told, "ok") == 0)
        return GOOD;
    told[strcspn(told, "\n")] = '\0';
    snprintf(o->why, sizeof(o->why), "%s", told);
    return DAMAGED;
}

/* Our tables must be as we made them, or a statement would fail later. */
static enum fate check_tables(struct opening *o)
{
    int good = fa_schema_check(o->db, o->schema);
    if (good)
        return good < 0 ? judge(o) : GOOD;
    snprintf(o->why, sizeof(o->why), "a table is missing");
    return DAMAGED;
}

/* It holds secrets.  Where a file system has no modes, nothing can be done. */
static void keep_private(const char *file)
{
    struct stat st;
    if (lstat(file, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077))
        (void)!fchmodat(AT_FDCWD, file, 0600, AT_SYMLINK_NOFOLLOW);
}

/* The file is made here for its mode, which those of the WAL follow.  Only while there is none: a
 * close(2) of a database would drop all locks that this process has on it. */
static enum fate make_file(struct opening *o)
{
    if (size_of(o->file, "") <= 0 && size_of(o->file, "-wal") > 0) {
        snprintf(o->why, sizeof(o->why), "only its WAL is left");
        return DAMAGED;
    }
    o->emptied = size_of(o->file, "") == 0;
    int fd = open(o->file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST) {
        fa_error_system(o->err, FA_CLASS_LOCAL_IO, errno, "cannot make '%s'", o->file);
        return BAD;
    }
    if (fd >= 0)
        close(fd);
    else
        keep_private(o->file);
    return GOOD;
}

static enum fate attempt(struct opening *o)
{
    int64_t application = 0;
    enum fate fate = fa_files_check(o->file, o->err) ? BAD : GOOD;
    if (fate == GOOD && o->write)
        fate = make_file(o);
    else if (fate == GOOD && size_of(o->file, "") < 0)
        fate = unreadable(o, errno);
    if (fate == GOOD)
        fate = make_contact(o, &application);
    if (fate == GOOD)
        fate = check_schema(o, application);
    if (fate == GOOD)
        fate = check_tables(o);
    if (fate == GOOD && o->write)
        fate = set_journal(o);
    if (fate == GOOD && fa_files_check(o->file, o->err))
        fate = BAD;
    if (fate == GOOD)
        fate = check_contents(o);
    if (fate == GOOD)
        fate = check_dir(o);
    if (fate == GOOD && o->schema < fa_schema_newest)
        fate = upgrade(o);
    if (fate != GOOD) {
        sqlite3_close(o->db);
        o->db = NULL;
    }
    return fate;
}

/* The WAL goes first: without it the file is still seen to be damaged, or is an older state. */
static int set_aside(struct opening *o, char *notice)
{
    static const char *const suffixes[] = {"-wal", "-shm", "-journal", ""};
    char aside[PATH_MAX + 32], from[PATH_MAX + 16], to[PATH_MAX + 48];
    int n = 0;
    snprintf(aside, sizeof(aside), "%s.damaged", o->file);
    while (size_of(aside, "") >= 0 || size_of(aside, "-wal") >= 0)
        snprintf(aside, sizeof(aside), "%s.damaged.%d", o->file, ++n);
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); ++i) {
        snprintf(from, sizeof(from), "%s%s", o->file, suffixes[i]);
        snprintf(to, sizeof(to), "%s%s", aside, suffixes[i]);
        if (rename(from, to) && errno != ENOENT) {
            fa_error_system(o->err, FA_CLASS_LOCAL_IO, errno, "cannot set aside '%s' (%s)", o->file,
                            o->why);
            return -1;
        }
    }
    snprintf(notice, FA_MESSAGE_MAX, "'%s' is damaged (%s) and begun anew; the old one is '%s'",
             o->file, o->why, strrchr(aside, '/') + 1);
    return 0;
}

/* SQLITE_OPEN_NOFOLLOW refuses links anywhere in a name: those of the folders are the user's. */
static char *resolve(const char *file, struct fa_error *err)
{
    const char *slash = strrchr(file, '/');
    char *parent = slash ? strndup(file, (size_t)(slash - file) + 1) : strdup(".");
    char *real = parent ? realpath(parent, NULL) : NULL;
    char *name = NULL;
    errno = real ? 0 : errno;
    if (real && asprintf(&name, "%s/%s", real[1] ? real : "", slash ? slash + 1 : file) < 0)
        name = NULL;
    if (name && strlen(name) >= PATH_MAX - 32) {
        free(name);
        name = NULL;
        errno = ENAMETOOLONG;
    }
    if (!name)
        fa_error_system(err, FA_CLASS_LOCAL_IO, errno ? errno : ENOMEM, "cannot open '%s'", file);
    free(real);
    free(parent);
    return name;
}

sqlite3 *fa_database_open(const char *file, const char *dir, enum fa_state_open how, bool durable,
                          char **ret_file, char ret_notice[FA_MESSAGE_MAX], struct fa_error *err)
{
    struct opening o = {.dir = dir, .write = how == FA_STATE_WRITE, .durable = durable, .err = err};
    char *name = resolve(file, err);
    ret_notice[0] = '\0';
    if (!name)
        return NULL;
    o.file = name;
    enum fate fate = attempt(&o);
    if (fate == DAMAGED && o.write && set_aside(&o, ret_notice) == 0)
        fate = attempt(&o);
    else if (fate == DAMAGED && !o.write)
        fa_error_set(err, FA_DOMAIN_FETCHALL, 0, FA_CLASS_LOCAL_IO,
                     "cannot read '%s': it is damaged (%s)", name, o.why);
    if (fate == GOOD && o.emptied)
        snprintf(ret_notice, FA_MESSAGE_MAX, "'%s' was empty: what it may have held is lost", name);
    if (fate == GOOD)
        *ret_file = name;
    else
        free(name);
    return o.db;
}

void fa_database_close(sqlite3 *db)
{
    if (!db)
        return;
    /* A reader may hold on to the WAL: the last one to close writes it back. */
    sqlite3_busy_timeout(db, 100);
    if (!sqlite3_db_readonly(db, "main"))
        sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_close(db);
}
