/*
 * Only endings whose files are never HTML: servers often send text, JSON, CSV and XML as text/html.
 */
#include "transfer/guard.h"

#include "base/http_field.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* In the order of strcasecmp(3), for bsearch(3). */
static const char *const endings[] = {
    "7z",   "aac",  "apk",  "appimage", "arrow",    "avi",  "avif", "bam",  "bin",  "br",
    "bz2",  "cab",  "ckpt", "crate",    "dcm",      "deb",  "dmg",  "doc",  "docx", "epub",
    "exe",  "fits", "flac", "flv",      "gem",      "ggml", "gguf", "gif",  "grb",  "grb2",
    "grib", "gz",   "h5",   "hdf",      "hdf5",     "heic", "ico",  "img",  "iso",  "jar",
    "jp2",  "jpeg", "jpg",  "las",      "laz",      "lz4",  "lzma", "m4a",  "m4v",  "mkv",
    "mov",  "mp3",  "mp4",  "mpeg",     "mpg",      "msi",  "nc",   "nc4",  "nii",  "npy",
    "npz",  "odp",  "ods",  "odt",      "oga",      "ogg",  "ogv",  "onnx", "opus", "parquet",
    "pdf",  "pkg",  "png",  "ppt",      "pptx",     "pt",   "pth",  "rar",  "rpm",  "safetensors",
    "snap", "tar",  "tbz2", "tflite",   "tfrecord", "tgz",  "tif",  "tiff", "txz",  "vhd",
    "vmdk", "war",  "warc", "wasm",     "wav",      "webm", "webp", "whl",  "wma",  "wmv",
    "xls",  "xlsx", "xz",   "zip",      "zst",
};

static int ending_compare(const void *key, const void *member)
{
    return strcasecmp(key, *(const char *const *)member);
}

bool fa_guard_covers(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && bsearch(dot + 1, endings, sizeof(endings) / sizeof(*endings), sizeof(*endings),
                          ending_compare);
}

/* Parameters such as charset follow after a semicolon. */
bool fa_guard_is_page(const char *type, size_t len)
{
    const char *semicolon = memchr(type, ';', len);
    len = semicolon ? (size_t)(semicolon - type) : len;
    fa_http_trim(&type, &len);
    return fa_http_is(type, len, "text/html") || fa_http_is(type, len, "application/xhtml+xml");
}
