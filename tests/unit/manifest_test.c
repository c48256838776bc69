#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/manifest.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The MD5 of nothing. */
#define EMPTY "d41d8cd98f00b204e9800998ecf8427e"
static const struct fa_digest empty = {FA_HASH_MD5,
                                       {0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04, 0xe9, 0x80,
                                        0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e}};

static char folder[40];

static void enter_folder(void)
{
    strcpy(folder, "/tmp/fetchall-manifest-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void remove_folder(void)
{
    char command[80];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(system(command), 0);
}

TestSuite(manifest, .init = enter_folder, .fini = remove_folder);

static char *content(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t room = 0;
    if (file) {
        if (getdelim(&text, &room, '\0', file) < 0)
            cr_assert_fail("%s is empty", path);
        fclose(file);
    }
    return text;
}

static int add(struct fa_manifest *manifest, enum fa_status status, const char *path)
{
    struct fa_result result = {.status = status, .path = path, .digests = &empty, .n_digests = 1};
    return fa_manifest_add(manifest, &result, NULL);
}

Test(manifest, names_are_escaped_as_coreutils_do)
{
    static const struct {
        const char *name, *line;
    } cases[] = {
        {"a", EMPTY "  a"},
        {"a b/\xc3\xbc", EMPTY "  a b/\xc3\xbc"},
        {"a\\b", "\\" EMPTY "  a\\\\b"},
        {"a\nb", "\\" EMPTY "  a\\nb"},
        {"a\rb", "\\" EMPTY "  a\\rb"},
        {"\\\n\r", "\\" EMPTY "  \\\\\\n\\r"},
    };
    for (size_t i = 0; i < COUNT(cases); ++i) {
        char *line = fa_manifest_line(&empty, cases[i].name);
        cr_assert_str_eq(line, cases[i].line, "case %zu", i);
        free(line);
    }
}

Test(manifest, md5sum_accepts_every_name)
{
    static const char *const names[] = {"a",  "-b", "c d",      "e\\f", "g\nh", "i\rj",
                                        "\\", "*k", "\xff\xfe", " l",   "\\n"};
    struct fa_manifest manifest;
    cr_assert_eq(fa_manifest_open(&manifest, "M", FA_HASH_MD5, NULL), 0);
    for (size_t i = 0; i < COUNT(names); ++i) {
        close(open(names[i], O_CREAT | O_WRONLY, 0600));
        cr_assert_eq(add(&manifest, FA_STATUS_OK, names[i]), 0);
    }
    cr_assert_eq(fa_manifest_publish(&manifest, NULL), 0);
    fa_manifest_fini(&manifest);
    cr_assert_eq(system("LC_ALL=C md5sum --quiet --strict -c M"), 0);
}

Test(manifest, has_a_line_for_each_existing_file)
{
    struct fa_manifest manifest;
    cr_assert_eq(fa_manifest_open(&manifest, "M", FA_HASH_MD5, NULL), 0);
    add(&manifest, FA_STATUS_OK, "ok");
    add(&manifest, FA_STATUS_EXISTS, "exists");
    add(&manifest, FA_STATUS_UNCHANGED, "unchanged");
    add(&manifest, FA_STATUS_DUPLICATE, "ok");
    add(&manifest, FA_STATUS_FAILED, "failed");
    add(&manifest, FA_STATUS_OK, NULL);
    cr_assert_eq(fa_manifest_publish(&manifest, NULL), 0);
    char *text = content("M");
    cr_assert_str_eq(text, EMPTY "  ok\n" EMPTY "  exists\n" EMPTY "  unchanged\n");
    free(text);
    fa_manifest_fini(&manifest);
}

Test(manifest, counts_files_without_its_digest)
{
    struct fa_manifest manifest;
    cr_assert_eq(fa_manifest_open(&manifest, "M", FA_HASH_SHA1, NULL), 0);
    add(&manifest, FA_STATUS_OK, "a");
    cr_assert_eq(manifest.missing, 1);
    fa_manifest_fini(&manifest);
}

Test(manifest, gets_its_name_only_when_published)
{
    struct fa_manifest manifest;
    FILE *old = fopen("M", "we");
    fputs("old\n", old);
    fclose(old);
    cr_assert_eq(fa_manifest_open(&manifest, "M", FA_HASH_MD5, NULL), 0);
    add(&manifest, FA_STATUS_OK, "a");
    fa_manifest_fini(&manifest);
    char *text = content("M");
    cr_assert_str_eq(text, "old\n");
    free(text);
    cr_assert_eq(system("test \"$(ls)\" = M"), 0);
}

Test(manifest, follows_the_umask)
{
    struct stat st;
    struct fa_manifest manifest;
    umask(027);
    cr_assert_eq(fa_manifest_open(&manifest, "M", FA_HASH_MD5, NULL), 0);
    cr_assert_eq(fa_manifest_publish(&manifest, NULL), 0);
    fa_manifest_fini(&manifest);
    cr_assert_eq(stat("M", &st), 0);
    cr_assert_eq(st.st_mode & 0777, 0640);
}

Test(manifest, links_and_devices_are_left_in_place)
{
    struct stat st;
    struct fa_manifest manifest;
    close(open("real", O_CREAT | O_WRONLY, 0600));
    cr_assert_eq(symlink("real", "link"), 0);
    cr_assert_eq(mkfifo("fifo", 0600), 0);
    int reader = open("fifo", O_RDONLY | O_NONBLOCK);
    static const char *const names[] = {"link", "fifo"};
    for (size_t i = 0; i < COUNT(names); ++i) {
        cr_assert_eq(fa_manifest_open(&manifest, names[i], FA_HASH_MD5, NULL), 0);
        add(&manifest, FA_STATUS_OK, "a");
        cr_assert_eq(fa_manifest_publish(&manifest, NULL), 0);
        fa_manifest_fini(&manifest);
    }
    cr_assert(lstat("link", &st) == 0 && S_ISLNK(st.st_mode));
    cr_assert(lstat("fifo", &st) == 0 && S_ISFIFO(st.st_mode));
    char *text = content("real");
    cr_assert_str_eq(text, EMPTY "  a\n");
    free(text);
    char buf[80] = "";
    cr_assert_gt(read(reader, buf, sizeof(buf) - 1), 0);
    cr_assert_str_eq(buf, EMPTY "  a\n");
    close(reader);
}

Test(manifest, a_folder_that_is_missing_is_an_error)
{
    struct fa_manifest manifest;
    struct fa_error err = {0};
    cr_assert_eq(fa_manifest_open(&manifest, "missing/M", FA_HASH_MD5, &err), -1);
    cr_assert_eq(err.class, FA_CLASS_LOCAL_IO);
    cr_assert_not_null(strstr(err.msg, "'missing/M': No such file or directory"));
}

Test(manifest, a_full_disk_is_reported_once)
{
    struct fa_manifest manifest;
    struct fa_error err = {0};
    cr_assert_eq(fa_manifest_open(&manifest, "/dev/full", FA_HASH_MD5, &err), 0);
    add(&manifest, FA_STATUS_OK, "a");
    cr_assert_eq(fa_manifest_publish(&manifest, &err), -1);
    cr_assert(manifest.whole.output.failed);
    cr_assert_not_null(strstr(err.msg, "No space left on device"));
    fa_manifest_fini(&manifest);
}
