#!/bin/sh
# from_database.sh: download what a query finds, and write what came of it back to the database.
#
#     from_database.sh DATABASE DIR          needs sqlite3
#
# DATABASE has a table to be filled by whoever wants files:
#
#     CREATE TABLE download (
#         url TEXT PRIMARY KEY,
#         name TEXT,            -- of the file; NULL: as the URL says
#         sha256 TEXT,          -- expected; NULL: any.  Becomes what the file has.
#         status TEXT,          -- NULL: to do; ok, unchanged, exists, duplicate, failed
#         path TEXT, size INTEGER, class TEXT, error TEXT, fetched TEXT);
#
# The list goes through a pipe: downloads begin with the first row, and memory does not grow with
# the table.  The query stays open meanwhile, hence the write-ahead log: with it, others can write
# at the same time.
#
# The results are written back in one transaction from the report.  A run that is killed before
# that is no loss: those rows are still to do, and the next run finds their files ("exists").
# The exit status is that of fetchall.  A URL with a password finds its row no more, as reports show
# none: have passwords in ~/.netrc, and --netrc below.
set -eu

fetchall=${FETCHALL:-fetchall}
if [ $# -ne 2 ] || [ ! -f "$1" ]; then
    echo "usage: from_database.sh DATABASE DIR" >&2
    exit 2
fi
db=$1
dir=$2
tmp=$(mktemp -d)
: >"$tmp/report"
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# sql: runs its standard input; waits for others that write.
sql() { sqlite3 -batch -bail -noheader -list -cmd '.timeout 10000' "$db"; }

echo 'PRAGMA journal_mode = WAL;' | sql >/dev/null

# An entry for each row.  What holds a line feed, a carriage return or a TAB would be more than one.
entries() {
    sql <<'END'
SELECT url || coalesce(char(10) || ' out=' || name, '')
           || coalesce(char(10) || ' checksum=sha256=' || sha256, '')
FROM download
WHERE (status IS NULL OR status = 'failed')
    AND NOT url || coalesce(name, '') || coalesce(sha256, '')
        GLOB '*[' || char(9) || char(10) || char(13) || ']*';
END
}

status=0
entries | "$fetchall" -d "$dir" --report "$tmp/report" - || status=$?

# The report has a JSON object on each line; a file with one column takes them as they are.
cd "$tmp"
if [ "${db#/}" = "$db" ]; then
    db=$OLDPWD/$db
fi
sql <<'END'
CREATE TEMP TABLE report (line TEXT);
.mode ascii
.separator "\037" "\n"
.import report report
.mode list
BEGIN IMMEDIATE;
UPDATE download SET
    status = r.line ->> 'status',
    path = r.line ->> 'path',
    size = r.line ->> 'size',
    class = r.line ->> 'class',
    error = r.line ->> 'error',
    sha256 = coalesce(sha256, r.line ->> '$.digest.sha256'),
    fetched = datetime()
FROM report AS r
WHERE download.url = r.line ->> 'url' AND r.line ->> 'status' <> 'duplicate';
COMMIT;
SELECT 'from_database: ' || count(*) || ' ' || coalesce(status, 'to do')
FROM download GROUP BY status ORDER BY status;
END
exit "$status"
