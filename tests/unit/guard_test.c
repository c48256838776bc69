#include "transfer/guard.h"

#include <criterion/criterion.h>
#include <string.h>

Test(guard, endings_of_files_that_are_no_pages_are_covered)
{
    static const char *const yes[] = {
        "a.zip", "A.ZIP",     "/x/a.tar.gz", "a.7z",   "a.zst",  "a.jpg", "a.JPEG",        "a.webp",
        "a.mp3", "a.mkv",     "a.pdf",       "a.epub", "a.docx", "a.deb", "a.whl",         "a.gguf",
        "a.nc",  "a.parquet", "a.onnx",      "a.iso",  "a.avif", "a.h5",  "a.safetensors", "a.xz",
    };
    static const char *const no[] = {
        "",      "a",      "zip",   ".",     "a.",      "a.html",     "a.htm",
        "a.txt", "a.json", "a.csv", "a.xml", "a.php",   "a.zip.html", "a.zip?x",
        "a.zi",  "a.zipx", "a.js",  "a.svg", "/a.zip/", "a.gz/b",
    };
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
        cr_expect(fa_guard_covers(yes[i]), "%s", yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
        cr_expect(!fa_guard_covers(no[i]), "%s", no[i]);
}

Test(guard, types_of_web_pages_are_known_with_their_parameters)
{
    static const char *const yes[] = {"text/html", "Text/HTML; charset=utf-8", "text/html;",
                                      "text/html ;x=y", "application/xhtml+xml"};
    static const char *const no[] = {"",
                                     "text/htmlx",
                                     "text/plain",
                                     "application/octet-stream",
                                     "image/png; name=text/html",
                                     "text/html5"};
    for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
        cr_expect(fa_guard_is_page(yes[i], strlen(yes[i])), "%s", yes[i]);
    for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
        cr_expect(!fa_guard_is_page(no[i], strlen(no[i])), "%s", no[i]);
}
