#include "cli/compare/listing.h"

#include <criterion/criterion.h>
#include <string.h>

#include <fetchall/sample.h>
#include <fetchall/session.h>

#include "support/scratch.h"

static struct fa_scratch scratch;
static struct fa_config config;
static struct fa_error err;

static void begin(void)
{
    fa_scratch_init(&scratch);
    fa_config_init(&config);
}

static void end(void)
{
    fa_scratch_fini(&scratch);
}

TestSuite(listing, .init = begin, .fini = end, .timeout = 30);

/* Of the sample that compare takes of a list. */
static struct fa_listing listing_of(const char *text)
{
    struct fa_listing listing;
    struct fa_sample sample = {.size = sizeof(sample)};
    const char *list = fa_scratch_write(&scratch, "list", text);
    const char *file = fa_scratch_path(&scratch, "sample");
    cr_assert_eq(fa_sample_write(&list, 1, 100, file, &sample, &err), 0, "%s", err.msg);
    cr_assert_eq(fa_listing_read(&config, file, &listing, &err), 0, "%s", err.msg);
    return listing;
}

Test(listing, https_is_found_in_a_sample)
{
    cr_expect(listing_of("http://a.example/1\nHTTPS://b.example/2\n").https);
    cr_expect_not(listing_of("http://a.example/https://1\nhttp://https.example/2\n").https);
}

Test(listing, local_are_names_and_addresses_of_this_machine)
{
    static const char *const local[] = {"http://localhost/1\n", "https://LOCALHOST:8443/1\n",
                                        "http://127.0.0.1:8080/1\nhttp://127.9.8.7/2\n",
                                        "http://[::1]/1\n", "http://www.localhost:81/1\nno URL\n"};
    static const char *const others[] = {
        "http://a.example/1\n",          "http://127.0.0.1/1\nhttp://a.example/2\n",
        "http://127.0.0.1.example/1\n",  "http://notlocalhost/1\n",
        "http://localhost.example/1\n",  "http://10.0.0.1/1\n",
        "http://[2001:db8::1]:8080/1\n", "http://128.0.0.1/1\n",
    };
    for (size_t i = 0; i < sizeof(local) / sizeof(*local); ++i)
        cr_expect(listing_of(local[i]).local, "%s", local[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); ++i)
        cr_expect_not(listing_of(others[i]).local, "%s", others[i]);
}

Test(listing, list_that_cannot_be_read_is_an_error)
{
    struct fa_listing listing;
    const char *file = fa_scratch_path(&scratch, "none");
    cr_expect_eq(fa_listing_read(&config, file, &listing, &err), -1);
    cr_expect(strstr(err.msg, "none"), "%s", err.msg);
}
