/* What is larger, longer or scarcer than usual: entries, backlogs, descriptors. */

#include "support/fail.h"
#include "support/fetch.h"
#include "support/modes.h"
#include "support/process.h"
#include "support/report.h"
#include "support/server.h"
#include "support/truth.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct fa_scratch scratch;
static struct fa_server server;
static struct fa_lines list;
static struct fa_fetch fetch;

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_server_start(&server, NULL);
}

static void end(void)
{
    fa_fetch_end(&fetch);
    fa_lines_fini(&list);
    fa_server_stop(&server);
    fa_scratch_fini(&scratch);
}

TestSuite(limits, .init = begin, .fini = end, .timeout = 120.0);

static char *repeated(char byte, size_t len)
{
    char *text = malloc(len + 1);
    memset(text, byte, len);
    text[len] = '\0';
    return text;
}

/* Together they are more than a message between processes holds. */
FA_TEST_MODES(limits, entry_with_long_header_lines_is_fetched)
{
    char *value = repeated('v', 40000);
    fa_lines_add(&list, "%s\n  header=X-One: %s\n  header=X-Two: %s",
                 fa_server_url(&server, "/ok/100/a"), value, value);
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/100/b"));
    free(value);
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_expect_file(fetch.dir, "a", "/ok/100/a", 100);
    fa_expect_file(fetch.dir, "b", "/ok/100/b", 100);
}

FA_TEST_MODES(limits, entry_with_many_header_lines_is_fetched)
{
    fa_lines_add(&list, "%s", fa_server_url(&server, "/ok/100/a"));
    for (int i = 0; i < 3000; i++) {
        fa_lines_add(&list, "  header=X-%d: v", i);
    }
    fa_fetch_start(&fetch, &scratch, mode, list.text, NULL);
    fa_fetch_expect(&fetch, 20, 0);
    fa_expect_file(fetch.dir, "a", "/ok/100/a", 100);
}

FA_TEST_MODES(limits, run_with_a_long_user_agent_fetches)
{
    char *agent = repeated('a', 100000);
    fa_fetch_start(&fetch, &scratch, mode, fa_server_url(&server, "/ok/100/a"), "-A", agent, NULL);
    free(agent);
    fa_fetch_expect(&fetch, 20, 0);
    fa_expect_file(fetch.dir, "a", "/ok/100/a", 100);
}
