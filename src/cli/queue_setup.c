#include "cli/queue_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/environment.h"
#include "cli/exit.h"

/* Every process has another name: one that is started again is another worker. */
static void who_make(char who[FA_QUEUE_WHO_MAX])
{
    char host[64] = "unknown";
    gethostname(host, sizeof(host) - 1);
    for (char *at = host; *at; ++at)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
            *at = '_';
    snprintf(who, FA_QUEUE_WHO_MAX, "%s-%ld-%08x", host, (long)getpid(), arc4random());
}

static int auth_read(const char *file, char auth[FA_QUEUE_AUTH_MAX], struct fa_error *err)
{
    FILE *in = fopen(file, "re");
    char *line = in ? fgets(auth, FA_QUEUE_AUTH_MAX, in) : NULL;
    int code = line ? 0 : errno;
    if (in)
        fclose(in);
    if (line) {
        auth[strcspn(auth, "\r\n")] = '\0';
        return 0;
    }
    fa_error_system(err, FA_CLASS_REFUSED, code, "cannot read a password from '%s'", file);
    return -1;
}

int fa_queue_setup(const struct fa_options *options, struct fa_queue_secrets *secrets,
                   struct fa_queue_setup *ret, struct fa_error *err)
{
    const struct fa_queue_options *queue = &options->queue;
    const char *given = fa_environment("FETCHALL_QUEUE_AUTH");
    who_make(secrets->who);
    secrets->auth[0] = '\0';
    if (queue->auth_file && auth_read(queue->auth_file, secrets->auth, err) != 0)
        return -1;
    if (!queue->auth_file && given)
        snprintf(secrets->auth, sizeof(secrets->auth), "%s", given);
    unsetenv("FETCHALL_QUEUE_AUTH"); /* not for child processes */
    *ret = (struct fa_queue_setup){
        .url = queue->url,
        .auth = secrets->auth[0] ? secrets->auth : NULL,
        .cacert = queue->cacert,
        .who = secrets->who,
        .partitions = queue->partitions,
        .lease = queue->lease,
        .results = queue->results,
    };
    return 0;
}

int fa_queue_exit(const struct fa_error *err)
{
    return err->class == FA_CLASS_CONNECT ? FA_EXIT_TRANSIENT : (int)fa_exit_of(err);
}
