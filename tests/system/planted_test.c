/*
 * Secrets are planted wherever a user, a server or the environment may put one; then everything
 * that was printed and every file that is left is searched for them.  Only the state may contain
 * some: those that another attempt needs.
 */

#include "support/fail.h"
#include "support/fetch.h"
#include "support/modes.h"
#include "support/report.h"
#include "support/server.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Each secret is this and two digits. */
#define SEED      "plant"
#define PLANT_MAX 99

static struct fa_scratch scratch;
static struct fa_server server;
static struct fa_lines list;
static struct fa_lines told; /* all that was printed */
static struct fa_run run;
static const char *out; /* the folder where all runs are, and write */
static int dead;        /* a port where nothing listens */

static void begin(void)
{
    fa_scratch_init(&scratch);
    const char *const all[] = {"--listen", "0.0.0.0", NULL};
    fa_server_start(&server, all);
    out = fa_scratch_mkdir(&scratch, "out");
    dead = fa_port_free();
}

static void end(void)
{
    fa_run_end(&run);
    fa_lines_fini(&list);
    fa_lines_fini(&told);
    fa_server_stop(&server);
    fa_scratch_fini(&scratch);
}

TestSuite(planted, .init = begin, .fini = end, .timeout = 120.0);

/* ------------------------------------------------------------------ looking */

static void expect_none_in(const char *where, const char *text, size_t len)
{
    const char *at = text;
    while ((at = memmem(at, len - (size_t)(at - text), SEED, strlen(SEED)))) {
        size_t before = (size_t)(at - text) < 60 ? (size_t)(at - text) : 60;
        size_t rest = len - (size_t)(at - text);
        cr_expect(false, "%s: %.7s in '%.*s'", where, at, (int)(before + (rest < 40 ? rest : 40)),
                  at - before);
        at += strlen(SEED);
    }
}

/* The files that may hold them, for their owner alone. */
static bool is_state(const char *name)
{
    return strncmp(name, "state.db", 8) == 0;
}

static size_t look_into(const char *folder)
{
    DIR *open = opendir(folder);
    cr_assert_not_null(open, "%s", folder);
    size_t files = 0;
    struct stat st;
    for (struct dirent *entry; (entry = readdir(open));) {
        char path[PATH_MAX];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        expect_none_in(folder, entry->d_name, strlen(entry->d_name));
        cr_assert_eq(lstat(path, &st), 0);
        if (S_ISDIR(st.st_mode)) {
            cr_expect(strcmp(entry->d_name, ".fetchall") != 0 || (st.st_mode & 0777) == 0700,
                      "%s: %o", path, st.st_mode);
            files += look_into(path);
            continue;
        }
        files++;
        if (is_state(entry->d_name)) {
            cr_expect_eq(st.st_mode & 0777, 0600, "%s: %o", path, st.st_mode);
            continue;
        }
        size_t len;
        char *text = fa_file_read(path, &len);
        expect_none_in(path, text, len);
        free(text);
    }
    closedir(open);
    return files;
}

static void look_everywhere(size_t files_least)
{
    expect_none_in("printed", told.text, told.len);
    size_t files = look_into(out);
    cr_expect_geq(files, files_least, "%zu files", files);
}

/* ------------------------------------------------------------------ runs */

/* Runs the program in the folder that is searched, and keeps its output.  Returns its status. */
static int go(const char *const *env, const char *const *args)
{
    const struct fa_run_options options = {.cwd = out, .env = env};
    fa_run_start_argv(&run, &options, args);
    int status = fa_run_wait(&run, 60);
    fa_lines_add(&told, "%s", fa_run_out(&run));
    fa_lines_add(&told, "%s", fa_run_err(&run));
    fa_run_end(&run);
    return status;
}

#define GO(env, status, ...)                                                                 \
    do {                                                                                     \
        int is = go(env, (const char *const[]){__VA_ARGS__, NULL});                          \
        cr_expect_eq(is, status, "%d, not %d: %s\n%s", is, status, #__VA_ARGS__, told.text); \
    } while (0)

/* On a terminal. */
static int go_bar(const char *mode, const char *file)
{
    const struct fa_run_options options = {.program = "/usr/bin/script", .cwd = out};
    char command[3 * PATH_MAX];
    snprintf(command, sizeof(command),
             "TERM=xterm '%s' -m %s --progress bar -v --retries 1 --retry-wait 0.05 --host-wait 0 "
             "--connect-timeout 1 --secret-key mine --overwrite -d bar '%s'",
             fa_run_program(), strcmp(mode, "loops") == 0 ? "async --loops 1" : mode, file);
    fa_run_start(&run, &options, "-q", "-e", "-c", command, "/dev/null", NULL);
    int status = fa_run_wait(&run, 60);
    fa_lines_add(&told, "%s", fa_run_out(&run));
    fa_run_end(&run);
    return status;
}

/* ------------------------------------------------------------------ planting */

/* A URL of the server, with a login before it. */
static void add(const char *login, const char *path)
{
    fa_lines_add(&list, "http://%s127.0.0.2:%d%s", login, server.port, path);
}

/* A redirect to a target, whose slashes are hidden. */
static void add_redirect(const char *target, const char *name)
{
    char hidden[512];
    size_t len = 0;
    for (; *target && len + 4 < sizeof(hidden); target++)
        len += (size_t)snprintf(hidden + len, sizeof(hidden) - len,
                                strchr("/?@:&", *target) ? "%%%02X" : "%c", *target);
    fa_lines_add(&list, "http://127.0.0.2:%d/redir/302/%s/%s", server.port, hidden, name);
}

static void plant_in_urls(void)
{
    add("u:a&plant01@", "/ok/10/f01");
    add("u:a%40plant02@", "/status/404/f02");
    add("u:a%3Aplant03&@", "/ok/10/f03");
    add("u:a%2Fplant04@", "/status/503/f04");
    add("plant05@", "/ok/10/f05");
    add("plant06:@", "/status/404/f06");
    add("plant07:x-oauth-basic@", "/truncate/1/5/f07");
    add("", "/ok/10/f08?X-Amz-Credential=plant08&X-Amz-Signature=plant09&x=1");
    add("", "/status/404/f10?X-Amz-Security-Token=plant10&X-Goog-Signature=plant11");
    add("", "/ok/10/f12?Signature=plant12&sig=plant13&token=plant14");
    add("", "/status/404/f15?access_token=plant15&key=plant16&password=plant17");
    add("", "/ok/10/f18?%74oken=plant18&mine=plant19#access_token=plant20");
    add("", "/status/404/f21?to=http%3A%2F%2Fu%3Aplant21%40h%2F&next=http://v:pl&plant22@h/");
    add("", "/ok/10;jsessionid=plant23/f23");
    add("", "/ok/10/f91?ex=1&is=2&hm=plant91&X-Plex-Token=plant92");
    add("", "/status/404/f93?md5=plant93&expires=1&code=plant94plant94&x=exp=1~hmac=plant95");
    add("", "/status/404/f24");
    fa_lines_add(&list, " header=X-Entry: plant24\n Authorization: Bearer plant25");
    fa_lines_add(&list, "http://127.0.0.2:%d/f26\thttp://u:plant26@127.0.0.2:%d/status/404/f26",
                 dead, server.port);
}

static void plant_in_redirects(void)
{
    char target[256];
    snprintf(target, sizeof(target), "http://127.0.0.3:%d/ok/10/f27?sig=plant27", server.port);
    add_redirect(target, "f27");
    snprintf(target, sizeof(target), "http://u:plant28@127.0.0.3:%d/status/404/f28", server.port);
    add_redirect(target, "f28");
    add_redirect("ftp://u:plant29@h/f29", "f29");
    snprintf(target, sizeof(target), "http://plant30@127.0.0.3:%d/f30", dead);
    add_redirect(target, "f30");
    add("", "/redir/302/%2Fok%2F10%2Fx%0D%0ASet-Cookie:%20session=plant31/f31");
}

static void plant_in_bad_lines(void)
{
    fa_lines_add(&list, " header=Authorization: Bearer plant32");
    fa_lines_add(&list, "http://u:plant33@[nonsense/f");
    fa_lines_add(&list, "user:plant34@h.test/f");
    fa_lines_add(&list, "http://u:plant35/more@h.test/f a\thttp://plant36@h.test/f");
    fa_lines_add(&list, "https://h.test:99999/f?sig=plant37");
    fa_lines_add(&list, "X-Token: plant38");
}

/* ------------------------------------------------------------------ the tests */

FA_TEST_MODES(planted, secrets_are_in_nothing_that_a_run_prints_or_leaves)
{
    char home[PATH_MAX + 8], headers[PATH_MAX + 8], arg[256];
    snprintf(home, sizeof(home), "HOME=%s", scratch.path);
    fa_scratch_write(&scratch, ".netrc", "machine 127.0.0.2 login net password plant39\n");
    snprintf(headers, sizeof(headers), "@%s",
             fa_scratch_write(&scratch, "headers", "X-File: plant40\n"));
    snprintf(arg, sizeof(arg), "http://u:plant41@127.0.0.2:%d/status/404/arg?sig=plant42",
             server.port);
    const char *const env[] = {home, NULL};
    bool loops = strcmp(mode, "loops") == 0;
    const char *m = loops ? "async" : mode, *n = loops ? "1" : "2";

    plant_in_bad_lines();
    plant_in_urls();
    plant_in_redirects();
    const char *file = fa_scratch_write(&scratch, "list", list.text);

#define COMMON                                                                           \
    "-m", m, "--loops", n, "--retries", "1", "--retry-wait", "0.05", "--host-wait", "0", \
        "--connect-timeout", "1", "--secret-key", "mine", "-d", "dir"
    GO(env, 1, COMMON, "-v", "--report", "report", "--events", "events", "--manifest", "sums",
       "--netrc", "-H", "X-Line: plant43", "-H", headers, file, arg);
    GO(env, 1, COMMON, "-v", "--progress", "json", "--retry-failed", "--report", "again");
    GO(env, 1, COMMON, "--progress", "plain", "--sync", "--report", "-", file);
    GO(env, 1, COMMON, "--plan", file);
    cr_expect_eq(go_bar(mode, file), 1);
    GO(NULL, 0, "status", "-d", "dir");
    GO(NULL, 0, "status", "-d", "dir", "--json");
    GO(NULL, 0, "status", "-d", "dir", "--failed");
    GO(NULL, 0, "verify", "-d", "dir", "-v");
    cr_expect_not_null(strstr(told.text, "127.0.0.2"));
    look_everywhere(12);
}

/* A list that is fine, through proxies that are not. */
FA_TEST_MODES(planted, passwords_of_proxies_are_not_printed)
{
    static const char *const formats[] = {
        "http://u:plant50&x@127.0.0.1:%d", "u:plant51@127.0.0.1:%d", "plant52@127.0.0.1:%d",
        "socks5h://u:plant53@127.0.0.1:%d", "http://u:plant54%%40@127.0.0.1:%d"};
    bool loops = strcmp(mode, "loops") == 0;
    const char *m = loops ? "async" : mode, *n = loops ? "1" : "2";
    fa_lines_add(&list, "http://nowhere.test/ok/10/a\nhttps://nowhere.test/ok/10/b");
    const char *file = fa_scratch_write(&scratch, "list", list.text);
    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
        for (int good = 0; good < 2; good++) {
            char proxy[96], variable[128];
            snprintf(proxy, sizeof(proxy), formats[i], good ? server.port : dead);
            snprintf(variable, sizeof(variable), "all_proxy=%s", proxy);
            const char *const env[] = {variable, NULL};
            int status = good ? 1 : 5;
            go(NULL, (const char *const[]){COMMON, "-v", "--events", "events", "--report", "report",
                                           "--proxy", proxy, "--overwrite", file, NULL});
            int is = go(env, (const char *const[]){COMMON, "-v", "--overwrite", file, NULL});
            cr_expect(is == status || is == 5, "%s: %d", proxy, is);
        }
    }
    look_everywhere(3);
}

Test(planted, secrets_of_a_wrong_command_line_are_not_repeated)
{
    GO(NULL, 2, "--proxy", "user:plant60@127.0.0.1:99999", "http://h.test/");
    GO(NULL, 2, "--proxy", "ftp://user:plant61@127.0.0.1", "http://h.test/");
    GO(NULL, 2, "-xuser:plant62@127.0.0.1", "http://h.test/");
    GO(NULL, 2, "status", "http://u:plant63@h.test/?sig=plant64");
    GO(NULL, 2, "verify", "plant65:@h.test", "https://plant66@h.test");
    GO(NULL, 2, "user:plant67@h.test/list");
    GO(NULL, 2, "--hash", "https://plant68@h.test/", "http://h.test/");
    GO(NULL, 2, "--resolve", "u:plant69@h", "http://h.test/");
    GO(NULL, 2, "--jobs", "token=plant70", "http://h.test/");
    GO(NULL, 2, "--cacert", "https://h.test/?sig=plant71", "http://h.test/");
    GO(NULL, 2, "-H", "no header plant72", "http://h.test/");
    GO(NULL, 2, "compare", "--proxy", "user:plant73@127.0.0.1:99999", "http://h.test/");
    GO(NULL, 2, "compare", "-d", "dir", "http://u:plant74@h.test:99999/bad");
    GO(NULL, 2, "compare", "--sample", "key=plant75", "http://u:plant76@h.test/");
    char *url = malloc(70000);
    memset(url, 'a', 69999);
    url[69999] = '\0';
    memcpy(url, "http://u:plant77plant77plant77", 30);
    GO(NULL, 2, "-d", "dir", url);
    memcpy(url, "http://h/?sig=plant78plant78pl", 30);
    url[60000] = '\0';
    GO(NULL, 2, "-d", "dir", "http://[x/\nplant79");
    free(url);
    cr_expect_not_null(strstr(told.text, "***"));
    look_everywhere(0);
}

/* Their proxy is the server.  What is concluded has a command line. */
Test(planted, secrets_are_in_nothing_that_a_comparison_shows)
{
    char proxy[64], bare[64], arg[128];
    snprintf(proxy, sizeof(proxy), "u:plant80@127.0.0.1:%d", server.port);
    snprintf(bare, sizeof(bare), "http://plant81@127.0.0.1:%d", server.port);
    snprintf(arg, sizeof(arg), "http://u:a&plant82@127.0.0.2:%d/ok/10/x?sig=plant83&mine=plant84",
             server.port);
    plant_in_bad_lines();
    add("u:a&plant85@", "/ok/10/a?X-Amz-Signature=plant86");
    add("plant87@", "/status/404/b?token=plant88");
    fa_lines_add(&list, " header=X-Entry: plant89");
    const char *file = fa_scratch_write(&scratch, "list", list.text);
#define COMPARE(more, ...)                                                                        \
    GO(NULL, 0, "compare", "-d", "dir", "-m", "async,process", "--rounds", "3", "--retries", "0", \
       "--secret-key", "mine", "-H", "X-Line: plant90", "--proxy", more, __VA_ARGS__)
    COMPARE(proxy, "--json", "a.json", "--csv", "a.csv", "--html", "a.html", file, arg);
    COMPARE(bare, "--json", "-", file);
    COMPARE(proxy, "--csv", "-", arg);
    COMPARE(proxy, "--html", "-", arg);
    look_everywhere(3);
}

/* What a retry needs is kept, and reaches the server again. */
FA_TEST_MODES(planted, failed_entries_are_retried_with_their_secrets)
{
    bool loops = strcmp(mode, "loops") == 0;
    const char *m = loops ? "async" : mode, *n = loops ? "1" : "2";
    add("u:plant94@", "/ok/10/b?sig=plant95");
    add("u:plant91@", "/flaky/2/404/10/a?sig=plant92");
    fa_lines_add(&list, " header=X-Entry: plant93");
    const char *file = fa_scratch_write(&scratch, "list", list.text);
    GO(NULL, 1, COMMON, file);
    fa_scratch_write(&scratch, "list", "");
    GO(NULL, 1, COMMON, "--retry-failed");
    GO(NULL, 0, COMMON, "--retry-failed");
    json_t *log = fa_server_log(&server);
    size_t with = 0, i;
    json_t *request;
    json_array_foreach(log, i, request)
    {
        char *dump = json_dumps(request, 0);
        with += strstr(dump, "plant92") && strstr(dump, "plant93") &&
                strstr(dump, "Basic dTpwbGFudDkx");
        free(dump);
    }
    json_decref(log);
    cr_expect_eq(with, 3, "%zu", with);
    look_everywhere(2);
    char path[PATH_MAX];
    size_t len;
    snprintf(path, sizeof(path), "%s/dir/.fetchall/state.db", out);
    char *state = fa_file_read(path, &len);
    cr_expect_null(memmem(state, len, SEED, strlen(SEED)), "%s: kept for nothing", mode);
    free(state);
}

/* As a version before this one left it: only passwords and headers were secrets, and not kept. */
Test(planted, state_of_an_older_version_shows_no_secret_and_is_kept_from_others)
{
    char path[PATH_MAX], sql[512];
    struct stat st;
    sqlite3 *db = NULL;
    const char *m = "async", *n = "2";
    add("u:plant96@", "/status/404/a");
    add("", "/status/404/b?sig=plant97");
    GO(NULL, 1, COMMON, fa_scratch_write(&scratch, "list", list.text));
    snprintf(path, sizeof(path), "%s/dir/.fetchall/state.db", out);
    snprintf(sql, sizeof(sql),
             "UPDATE record SET text=NULL;"
             "UPDATE record SET secret=0, url='http://127.0.0.2:%d/status/404/b?sig=plant97'"
             " WHERE path='b'",
             server.port);
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
    cr_assert_eq(chmod(path, 0644), 0);
    fa_server_reset(&server);
    GO(NULL, 0, "status", "-d", "dir");
    GO(NULL, 0, "status", "-d", "dir", "--failed");
    cr_expect_not_null(strstr(told.text, "b?sig=***"), "%s", told.text);
    GO(NULL, 1, COMMON, "-v", "--retry-failed", "--report", "report");
    cr_expect_not_null(strstr(told.text, "of what failed, 1 had a password"), "%s", told.text);
    cr_expect_eq(fa_server_requests(&server, "/status/404/b?sig=plant97"), 1);
    cr_expect_eq(fa_server_stat(&server, "requests"), 1);
    cr_expect(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "%o", st.st_mode);
    look_everywhere(2);
}
