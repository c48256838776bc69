#include "mount.h"

#include "fail.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS 16

static int status_of(const char *const *argv, int out)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), status;
    pid_t pid = fa_process_spawn(
        &(struct fa_spawn){.argv = argv, .fds = {null, out < 0 ? null : out, null}});
    close(null);
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* It prints "ready" once the folder is mounted, and nothing if it cannot mount. */
static bool is_ready(int fd)
{
    char text[8];
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, (int)(fa_timeout(10) * 1000)) == 1 && read(fd, text, sizeof(text)) > 0;
}

bool fa_mount_begin(struct fa_mounted *mount, struct fa_scratch *scratch, const char *lacks)
{
    char words[160], *rest = NULL;
    const char *argv[WORDS + 4] = {FA_ODD_MOUNT};
    size_t n = 1;
    int ends[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
    *mount = (struct fa_mounted){0};
    if (geteuid() != 0 || access("/dev/fuse", R_OK | W_OK) != 0) {
        snprintf(mount->why, sizeof(mount->why), "%s",
                 geteuid() != 0 ? "only root may mount" : "/dev/fuse is missing");
        close(null);
        return false;
    }
    argv[n++] = fa_scratch_mkdir(scratch, "backing");
    snprintf(mount->path, sizeof(mount->path), "%s", fa_scratch_mkdir(scratch, "mount"));
    argv[n++] = mount->path;
    snprintf(words, sizeof(words), "%s", lacks);
    for (char *w = strtok_r(words, " ", &rest); w && n < WORDS; w = strtok_r(NULL, " ", &rest)) {
        argv[n++] = w;
    }
    fa_process_pipe(ends);
    /* It unmounts on SIGTERM, also when the test has failed. */
    mount->pid = fa_process_spawn(
        &(struct fa_spawn){.argv = argv, .fds = {null, ends[1], 2}, .death_signal = SIGTERM});
    close(ends[1]);
    close(null);
    bool ready = is_ready(ends[0]);
    close(ends[0]);
    if (!ready) {
        snprintf(mount->why, sizeof(mount->why), "odd_mount cannot mount through FUSE");
        fa_mount_end(mount);
    }
    return ready;
}

bool fa_mount_fat(struct fa_mounted *mount, struct fa_scratch *scratch, long size)
{
    const char *image = fa_scratch_write(scratch, "fat.img", "");
    *mount = (struct fa_mounted){0};
    snprintf(mount->path, sizeof(mount->path), "%s", fa_scratch_mkdir(scratch, "fat"));
    if (truncate(image, size) != 0) {
        fa_test_fail("cannot make \"%s\": %s", image, strerror(errno));
    }
    char *types = fa_file_read("/proc/filesystems", NULL);
    bool known = strstr(types, "\tvfat\n");
    free(types);
    const char *why =
        !known           ? "/proc/filesystems has no vfat"
        : geteuid() != 0 ? "only root may mount"
        : status_of((const char *[]){"mkfs.vfat", image, NULL}, -1) != 0
            ? "mkfs.vfat fails (package dosfstools)"
        : status_of((const char *[]){"mount", "-o", "loop", image, mount->path, NULL}, -1) != 0
            ? "mount -o loop fails"
            : NULL;
    if (why) {
        snprintf(mount->why, sizeof(mount->why), "%s", why);
        mount->path[0] = '\0';
    }
    return !why;
}

void fa_mount_end(struct fa_mounted *mount)
{
    int status;
    if (mount->path[0]) {
        umount2(mount->path, MNT_DETACH);
    }
    if (mount->pid > 0) {
        kill(mount->pid, SIGKILL);
        waitpid(mount->pid, &status, 0);
    }
    mount->pid = 0;
    mount->path[0] = '\0';
}
