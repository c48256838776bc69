/**
 * Threads that take no signals: those are for the threads of the program that uses the library.
 */
#ifndef FA_BASE_THREAD_H
#define FA_BASE_THREAD_H

#include <pthread.h>

/** As pthread_create(3), with all signals blocked in the thread.  @return 0, or an errno */
int fa_thread_start(pthread_t *ret, const pthread_attr_t *attr, void *(*run)(void *arg), void *arg);

#endif
