/*
 * Options about lists, files, and the state.
 */
#include "cli/option_rows.h"

SAME_SIZE(enum fa_layout);
SAME_SIZE(enum fa_match);
SAME_SIZE(enum fa_list_format);
SAME_SIZE(enum fa_fsync);

NAMES(layouts, [FA_LAYOUT_FLAT] = "flat", [FA_LAYOUT_TREE] = "tree")
NAMES(matches, [FA_MATCH_AUTO] = "auto", [FA_MATCH_URL] = "url", [FA_MATCH_PATH] = "path",
      [FA_MATCH_NAME] = "name")
NAMES(formats, [FA_LIST_FORMAT_AUTO] = "auto", [FA_LIST_FORMAT_TEXT] = "text",
      [FA_LIST_FORMAT_SUMS] = "sums", [FA_LIST_FORMAT_JSONL] = "jsonl",
      [FA_LIST_FORMAT_CSV] = "csv", [FA_LIST_FORMAT_TSV] = "tsv", [FA_LIST_FORMAT_CURL] = "curl",
      [FA_LIST_FORMAT_METALINK] = "metalink", [FA_LIST_FORMAT_BAGIT] = "bagit")
NAMES(promises, [FA_FSYNC_NONE] = "none", [FA_FSYNC_BATCH] = "batch", [FA_FSYNC_EACH] = "each")

const struct fa_option fa_options_lists[] = {
    GROUP("Lists"),
    CHOICE(
        "format", 0, "FORMAT", enum fa_list_format, config.format, formats, .commands = READS,
        .lists = true, .help = "set the format of the lists",
        .more =
            "auto recognizes it by the name and the first bytes of each list.  sums are "
            "checksum files, as of sha256sum(1): see --base.  jsonl is JSON Lines, csv "
            "and tsv have a header: see --columns.  curl is a config file of curl(1), metalink that of RFC 5854, bagit the fetch.txt of a bag.  See LIST FORMAT."),
    TEXT("base", 0, "URL", config.base, .commands = READS, .lists = true,
         .help = "resolve the names of a checksum file against this URL",
         .more = "As in HTML, URL counts up to its last slash: it may be that of the folder, with "
                 "a slash at its end, or that of the checksum file itself."),

    TEXT(
        "columns", 0, "PART=NAME,...", config.columns, .commands = READS, .lists = true,
        .help = "name the columns that are the parts of an entry",
        .more =
            "PART is url, mirror, out, dir, checksum, size, range, header or type; NAME is the name "
            "of a column, or of a member of a JSON object, as in url=image_url,out=id.  A PART "
            "that is not named is the column of its own name; a type must be named."),

    GROUP("Files"),
    /* One field, with another meaning for each kind of command. */
    TEXT("dir", 'd', "DIR", config.dir, .commands = FA_COMMAND_FETCH | DOCTOR,
         .offer = FA_OFFER_FOLDERS, .help = "save files here; created if missing"),
    TEXT("dir", 'd', "DIR", config.dir, .commands = LOOKS, .offer = FA_OFFER_FOLDERS,
         .help = "set the directory of the files"),
    TEXT("dir", 'd', "DIR", config.dir, .commands = MERGE, .offer = FA_OFFER_FOLDERS,
         .help = "set the directory of the files"),
    TEXT("dir", 'd', "DIR", config.dir, .commands = COMPARE, .offer = FA_OFFER_FOLDERS,
         .help = "set the parent of the temporary directory"),
    CHOICE("layout", 0, "LAYOUT", enum fa_layout, config.layout, layouts, .commands = READS,
           .lists = true, .help = "derive file names from URLs",
           .more =
               "flat uses the last segment of the URL's path, tree uses host/path...  See FILES."),
    TEXT(
        "name", 0, "TEMPLATE", config.name, .commands = READS, .lists = true,
        .help = "name files by a template, such as {id}.{ext}",
        .more =
            "Replaced are {name}, the name that --layout flat would give, and its {stem} and {ext}; "
            "{host}, {path} and {query} of the URL; {line}, the line of the entry; {hash8}, eight "
            "hexadecimal digits of the hash of the URL; and {NAME}, where NAME is a column of the "
            "list or a member of its JSON objects.  A column with one of these words as its name is "
            "{column:NAME}.  {{ and }} are braces.  A slash makes a folder; in a value it becomes "
            "_, except in {path}.  Entries with out= keep that name, and one without such a column "
            "fails.  See FILES."),
    FLAG("server-names", 0, config.server_names, .lists = false,
         .help = "name files as their servers do, where they give a name",
         .more =
             "The name is that of the Content-Disposition of the last response (RFC 6266), "
             "cleaned like a name of a URL; a folder in it is dropped, and it replaces only the "
             "last component.  For URLs such as .../content, which have no name of their own.  "
             "Off by default, because a server can choose any name, and another one the next "
             "time: names are not known before the download, and those that collide depend on "
             "the order in which files arrive.  out= and --name win.  No existing file is "
             "replaced.  Requires the state, which knows both names from then on.  See FILES."),
    UINT("fan-out", 0, config.fan_out, 1, FA_FAN_OUT_MAX, .commands = READS, .initial = "none",
         .lists = true, .help = "put files into N folders, by the hash of their names",
         .more = "For millions of files, which are slow in one folder: with 256, x.jpg becomes "
                 "3f/x.jpg, the same on every run.  Files with out= stay where they are.  Use the "
                 "same N for all runs of a DIR: with another one, files are downloaded again.  See "
                 "FILES."),
    CHOICE("match", 0, "HOW", enum fa_match, config.match, matches,
           .commands = FA_COMMAND_FETCH | ENQUEUE, .lists = true,
           .help = "recognize the entries of earlier runs by their url, path or name",
           .more =
               "Says what makes an entry the same as one of an earlier run, whose file or part it "
               "then gets.  url is the whole URL, path is the URL without its query, and name is "
               "the name of the file, so that any URL gets it.  With auto, the query counts except "
               "for the parameters that sign the URL or let it expire.  Entries with out= are "
               "always matched by name.  See SIGNED URLS."),
    TEXT(
        "output", 0, "KIND:NAME", config.output, .initial = "files",
        .help = "put files into archives (tar:PREFIX, warc:FILE), or store twins once (cas:NAME)",
        .more =
            "tar:PREFIX appends them to DIR/PREFIX-000000.tar, and so on, together with a JSON "
            "file of what is known of each.  warc:FILE.warc.gz appends requests and responses to "
            "DIR/FILE.warc.gz, DIR/FILE-000001.warc.gz, and so on.  cas:NAME stores them by digest "
            "in DIR/NAME, and makes their names hard links to it.  NAME is relative to DIR.  See ARCHIVES."),
    UINT("tar-files", 0, config.tar_files, 1, 10000000, .help = "limit the files of one archive"),
    SIZE("tar-size", config.tar_size, .help = "limit the size of one archive",
         .more = "An archive is larger if its only file is."),
    FLAG("remote-time", 0, config.remote_time, .commands = RUNS,
         .help = "give files the time of the server",
         .more =
             "The modification time is the Last-Modified of the answer.  Invalid dates and those "
             "in the future are ignored, and files that exist keep their time."),
    FLAG("overwrite", 0, config.overwrite, .help = "download existing files again",
         .more = "A file is replaced only when the new one is complete and verified.  If the run "
                 "is interrupted, the next one downloads the new file from the start."),
    FLAG("sync", 0, config.sync, .help = "download existing files that have changed",
         .more =
             "Sends one request per entry, with If-None-Match and If-Modified-Since (RFC 9110, "
             "13.1) from the state.  A server that ignores them, but sends the same strong ETag "
             "and Content-Length, is not read further.  Dates in obsolete forms and ETags without "
             "quotes count too, but not to resume.  A changed file is replaced when the new one is "
             "complete and verified.  If the run is interrupted, the next one downloads the new "
             "file from the start.  A file that the state does not know is downloaded again."),
    FLAG("plan", 0, config.plan, .lists = true,
         .help = "read the lists and show the file names, without downloading",
         .more = "Prints the name, a TAB and the URL of each entry that would be downloaded or "
                 "already exists, unless -q is given, or standard output is used by --report - or "
                 "--events -."),

    GROUP("State"),
    TEXT("state", 0, "FILE", config.state, .initial = "DIR/.fetchall/state.db",
         .commands = FA_COMMAND_FETCH | LOOKS, .offer = FA_OFFER_FILES,
         .help = "use this state file", .more = "A state belongs to one DIR.  See STATE."),
    FLAG("no-state", 0, config.no_state, .help = "keep no state",
         .more = "Existing files are left alone, whichever URL they came from.  Files that an "
                 "interrupted run has not completed are downloaded from the start."),
    FLAG("retry-failed", 0, config.retry_failed, .lists = true,
         .help = "retry only entries that failed before",
         .more = "Of the given lists, retries only the entries that failed according to the state."
                 "  Without a list, retries all of them."),
    CHOICE("fsync", 0, "WHEN", enum fa_fsync, config.fsync, promises, .commands = RUNS,
           .help = "choose what survives a power failure",
           .more =
               "See STATE.  With every choice, nothing is lost if the program is killed.  With "
               "each, an event loop of async waits for the disk at the end of each file, and so "
               "do its other transfers: use several --loops."),
    TIME("disk-wait", config.disk_wait, 0, 365.0 * DAY,
         .help = "wait this long for space on a full disk",
         .more = "Also for inodes, and for a quota.  Meanwhile no transfer starts, and existing "
                 "data is kept.  0 ends the run at once.  Only a failed write makes the run wait: "
                 "a file whose declared length exceeds the free space fails alone, as local_io, "
                 "and can be retried by a later run."),
    {.type = FA_OPTION_END},
};
