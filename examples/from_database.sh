#!/bin/sh
# from_database.sh: download the results of a query, and write the outcome back to the database.
#
#     from_database.sh DATABASE DIR          needs sqlite3
#
# DATABASE has a table, which other programs fill:
#
#     CREATE TABLE download (
#         url TEXT PRIMARY KEY,
#         name TEXT,            -- of the file; NULL: as the URL says
#         sha256 TEXT,          -- expected; NULL: any.  Set to that of the file.
#         status TEXT,          -- NULL: to do; ok, unchanged, exists, duplicate, failed
#         path TEXT, size INTEGER, class TEXT, error TEXT, fetched TEXT);
#
# The list is a pipe: downloads start with the first row, and memory does not grow with
# the table.  The query stays open meanwhile, hence the write-ahead log: with it, others can write
# at the same time.
#
# The results are written back in one transaction from the report.  A run that is killed before
# that loses nothing: the next run selects those rows again, and finds their files ("exists").
# The exit status is that of fetchall, or 1 if only some rows were invalid as entries.
#
# The contents of the table are not trusted: a value that would break out of its part of an entry
# (a line feed, a TAB, a leading "#" or space) fails its own row, and affects no other.  The report
# contains no passwords, so a row is identified by its line in the list, not by its URL.
set -eu

fetchall=${FETCHALL:-fetchall}
if [ $# -ne 2 ] || [ ! -f "$1" ]; then
    echo "usage: from_database.sh DATABASE DIR" >&2
    exit 2
fi
db=$1
dir=$2
case $db in
/*) ;;
*) db=$PWD/$db ;;
esac
tmp=$(mktemp -d)
: >"$tmp/list"
: >"$tmp/report"
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# sql: run standard input as SQL; wait for other writers.
sql() { sqlite3 -batch -bail -noheader -list -cmd '.timeout 10000' "$db"; }

echo 'PRAGMA journal_mode = WAL;' | sql >/dev/null

# The rows to download; and whether a row is a valid entry: text without control characters, a URL
# with its scheme, and no spaces that would be trimmed.
todo="(status IS NULL OR status = 'failed')"
fine="(typeof(url) = 'text' AND (url LIKE 'http://%' OR url LIKE 'https://%')
    AND url = trim(url) AND coalesce(name = trim(name), TRUE)
    AND NOT url || coalesce(name, '') || coalesce(sha256, '')
        GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'
    AND instr(CAST(url || coalesce(name, '') || coalesce(sha256, '') AS BLOB), x'00') = 0)"

# An entry for each row, as many lines as it has options.
entries() {
    sql <<END
SELECT url || coalesce(char(10) || ' out=' || name, '')
           || coalesce(char(10) || ' checksum=sha256=' || sha256, '')
FROM download WHERE $todo AND $fine;
END
}

status=0
entries | tee "$tmp/list" | "$fetchall" -d "$dir" --report "$tmp/report" - || status=$?

# The report has a JSON object on each line; a file with one column takes them as they are, and the
# list likewise: the number of a row is that of its line.
cd "$tmp"
sql <<END
CREATE TEMP TABLE list (text TEXT);
CREATE TEMP TABLE report (line TEXT);
.mode ascii
.separator "\037" "\n"
.import list list
.import report report
.mode list
BEGIN IMMEDIATE;
UPDATE download SET
    status = r.line ->> 'status',
    path = r.line ->> 'path',
    size = r.line ->> 'size',
    class = r.line ->> 'class',
    error = r.line ->> 'error',
    sha256 = coalesce(sha256, r.line ->> '\$.digest.sha256'),
    fetched = datetime()
FROM report AS r JOIN list ON list.rowid = r.line ->> 'line'
WHERE download.url = list.text AND r.line ->> 'status' <> 'duplicate';
UPDATE download SET
    status = 'failed',
    class = 'bad_url',
    error = 'cannot be an entry of a list',
    fetched = datetime()
WHERE $todo AND $fine IS NOT TRUE;
COMMIT;
SELECT 'from_database: ' || count(*) || ' ' || what FROM (
    SELECT CASE WHEN status IN ('ok', 'unchanged', 'exists', 'duplicate', 'failed') THEN status
                WHEN status IS NULL THEN 'to do' ELSE 'other' END AS what FROM download)
GROUP BY what ORDER BY what = 'to do' DESC, what;
END
bad=$(echo "SELECT count(*) FROM download WHERE $todo AND $fine IS NOT TRUE;" | sql)
if [ "$bad" -gt 0 ]; then
    echo "from_database: $bad rows cannot be entries of a list" >&2
    [ "$status" -ne 0 ] || status=1
fi
exit "$status"
