/**
 * Threads that take no signals: those are for the threads of the program that uses the library.
 */
#ifndef FA_BASE_THREAD_H
#define FA_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/** As pthread_create(3), with all signals blocked in the thread.  @return 0, or an errno */
int fa_thread_start(pthread_t *ret, const pthread_attr_t *attr, void *(*run)(void *arg), void *arg);

/** A thread that waits between its steps, until it is ended. */
struct fa_stepper {
    pthread_t thread;
    int over; /**< An eventfd(2). */
};

/** @arg  The argument of run; it usually has the stepper in it.  @return 0, or an errno */
int fa_stepper_start(struct fa_stepper *stepper, void *(*run)(void *arg), void *arg);

/** Wait for the next step, in the thread.  @return false: it is to return */
bool fa_stepper_wait(const struct fa_stepper *stepper, int milliseconds);

/** End the wait of a thread that was started, and join it. */
void fa_stepper_end(struct fa_stepper *stepper);

#endif
