/*
 * Drives a multi handle with one transfer at a time, instead of curl_easy_perform(3), for two
 * reasons: connections outlive the easy handle, which is replaced for each attempt (transfer.c);
 * and control returns between reads, so that our own time-outs, cancellation and changes of the
 * rate take effect within WAIT_MS.
 */
#include "transfer/driver.h"

#include "base/clock.h"
#include "transfer/connections.h"
#include "transfer/exchange.h"
#include "transfer/transfer.h"

#include <errno.h>
#include <stdlib.h>

#define TICK    0.1
#define WAIT_MS 400
/* To two hosts: that of the list entry, and that of its redirect. */
#define CONNECTIONS 2L

struct fa_driver {
    CURLM *multi;
    struct fa_connections *connections;
    struct fa_transfer *transfer;
};

struct fa_driver *fa_driver_new(const struct fa_settings *settings, struct fa_trust *trust,
                                struct fa_watchdog *watchdog, struct fa_error *err)
{
    struct fa_driver *driver = calloc(1, sizeof(*driver));
    if (driver && (driver->multi = curl_multi_init()) &&
        (driver->connections = fa_connections_new(watchdog, err)) &&
        (driver->transfer = fa_transfer_new(settings, trust, driver->connections, err))) {
        curl_multi_setopt(driver->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS);
        return driver;
    }
    fa_error_system(err, FA_CLASS_LOCAL_IO, ENOMEM, "cannot set up downloads");
    fa_driver_free(driver);
    return NULL;
}

/* curl_multi_cleanup(3) closes the kept connections through on_close_socket() of transfer.c, so it
 * comes before fa_connections_free(). */
void fa_driver_free(struct fa_driver *driver)
{
    if (!driver)
        return;
    curl_multi_cleanup(driver->multi);
    fa_transfer_free(driver->transfer);
    fa_connections_free(driver->connections);
    free(driver);
}

/* Let libcurl do what it can without blocking.  @return whether the transfer has ended, with
 * ret_code.  If curl_multi_perform(3) itself fails, no message will come. */
static bool driver_step(struct fa_driver *driver, CURLcode *ret_code)
{
    int count;
    fa_connections_enter(driver->connections, -1);
    CURLMcode code = curl_multi_perform(driver->multi, &count);
    fa_exchange_skip_refused(driver->connections);
    fa_connections_leave(driver->connections);
    CURLMsg *message = curl_multi_info_read(driver->multi, &count);
    *ret_code = message ? message->data.result : CURLE_OUT_OF_MEMORY;
    return message || code != CURLM_OK;
}

/* @return whether the transfer may continue. */
static bool driver_check(struct fa_driver *driver, double now)
{
    fa_connections_enter(driver->connections, -1);
    bool good = fa_transfer_check(driver->transfer, now);
    fa_connections_leave(driver->connections);
    return good;
}

/* WAIT_MS is a maximum: curl_multi_poll(3) returns earlier if a socket is ready or a time-out of
 * libcurl is due. */
static CURLcode driver_run(struct fa_driver *driver, void (*tick)(void *arg), void *arg)
{
    CURLcode code;
    double ticked = 0;
    while (!driver_step(driver, &code)) {
        double now = fa_clock_now();
        if (now - ticked >= TICK) {
            tick(arg);
            ticked = now;
        }
        if (!driver_check(driver, now))
            return CURLE_ABORTED_BY_CALLBACK;
        curl_multi_poll(driver->multi, NULL, 0, WAIT_MS, NULL);
    }
    return code;
}

void fa_driver_perform(struct fa_driver *driver, struct fa_attempt *attempt,
                       void (*tick)(void *arg), void *arg, struct fa_outcome *ret)
{
    struct fa_error err = {0};
    if (fa_transfer_start(driver->transfer, attempt, &err)) {
        *ret = fa_outcome_none;
        ret->error = err;
        return;
    }
    CURL *easy = fa_transfer_easy(driver->transfer);
    CURLcode code = CURLE_OUT_OF_MEMORY;
    if (curl_multi_add_handle(driver->multi, easy) == CURLM_OK)
        code = driver_run(driver, tick, arg);
    curl_multi_remove_handle(driver->multi, easy);
    fa_transfer_finish(driver->transfer, code, ret);
}
