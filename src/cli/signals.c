/*
 * The first signal asks the session to stop, and starts a timer; if the run has not ended after
 * LIMIT seconds, the program dies by the signal.  A second signal makes it die immediately.
 * Handlers use only async-signal-safe functions.
 */
#include "cli/signals.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define AGAIN 1 /* seconds */
/* Maximum seconds for stopping, which takes less unless something hangs. */
#define LIMIT 5

static struct fa_session *volatile stopped_session;
static volatile sig_atomic_t caught_signal;
static volatile sig_atomic_t remembers;
static const char *volatile last_words;

/* Async-signal-safe. */
void fa_signals_die(int signal)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    sigaction(signal, &action, NULL);
    raise(signal);
    /* The signal is blocked inside its own handler. */
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void on_signal(int signal)
{
    struct fa_session *session = stopped_session;
    const char *words = last_words;
    if (caught_signal || (!session && !remembers)) {
        if (words && write(STDERR_FILENO, words, strlen(words)) < 0)
            words = NULL; /* nobody is left to read it */
        fa_signals_die(signal);
    }
    caught_signal = signal;
    if (session)
        fa_session_stop(session, FA_STOP_DRAIN);
    alarm(session ? LIMIT : AGAIN);
}

/* The run hangs: leave it as a kill would; the next run continues from there. */
static void on_limit(int signal)
{
    const char *words = last_words;
    if (words && write(STDERR_FILENO, words, strlen(words)) < 0)
        words = NULL; /* nobody is left to read it */
    fa_signals_die(caught_signal ? caught_signal : signal);
}

/* A signal just before a blocking system call does not interrupt it: repeat it until one does. */
static void on_alarm(int signal)
{
    (void)signal;
    alarm(AGAIN);
}

void fa_signals_ignore(void)
{
    static const int ignored[] = {SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); ++i) {
        struct sigaction ignore = {.sa_handler = SIG_IGN};
        sigaction(ignored[i], &ignore, NULL);
    }
}

static void install(int flags)
{
    static const int stopping[] = {SIGINT, SIGTERM, SIGHUP};
    const size_t n_stopping = sizeof(stopping) / sizeof(*stopping);
    struct sigaction stop = {.sa_handler = on_signal, .sa_flags = flags};

    /* Block the others, so that a handler is not interrupted by another. */
    sigemptyset(&stop.sa_mask);
    for (size_t i = 0; i < n_stopping; ++i)
        sigaddset(&stop.sa_mask, stopping[i]);
    for (size_t i = 0; i < n_stopping; ++i) {
        struct sigaction old;
        if (sigaction(stopping[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(stopping[i], &stop, NULL);
    }
}

void fa_signals_arm(struct fa_session *session, const char *words)
{
    struct sigaction limit = {.sa_handler = on_limit};
    sigaction(SIGALRM, &limit, NULL);
    stopped_session = session;
    last_words = words;
    install(SA_RESTART);
}

void fa_signals_remember(void)
{
    struct sigaction again = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &again, NULL);
    remembers = 1;
    install(0);
}

void fa_signals_disarm(void)
{
    stopped_session = NULL;
}

int fa_signals_caught(void)
{
    return caught_signal;
}
