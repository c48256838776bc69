#include "base/thread.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A thread inherits the mask of the one that creates it. */
int fa_thread_start(pthread_t *ret, const pthread_attr_t *attr, void *(*run)(void *arg), void *arg)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(ret, attr, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

int fa_stepper_start(struct fa_stepper *stepper, void *(*run)(void *arg), void *arg)
{
    stepper->over = eventfd(0, EFD_CLOEXEC);
    if (stepper->over < 0)
        return errno;
    int code = fa_thread_start(&stepper->thread, NULL, run, arg);
    if (code)
        close(stepper->over);
    return code;
}

bool fa_stepper_wait(const struct fa_stepper *stepper, int milliseconds)
{
    struct pollfd over = {.fd = stepper->over, .events = POLLIN};
    return poll(&over, 1, milliseconds) == 0;
}

/* An eventfd that is full or bad cannot happen here; poll(2) is a cancellation point. */
void fa_stepper_end(struct fa_stepper *stepper)
{
    uint64_t one = 1;
    if (write(stepper->over, &one, sizeof(one)) < 0)
        pthread_cancel(stepper->thread);
    pthread_join(stepper->thread, NULL);
    close(stepper->over);
}
