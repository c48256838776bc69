#!/usr/bin/env bash
# gallery-dl.sh DIR URL...: download what gallery-dl finds.  It marks further URLs of a file with "| ";
# here they are mirrors.
set -euo pipefail
dir=$1
shift
gallery-dl --get-urls "$@" |
    awk '/^\| / { line = line "\t" substr($0, 3); next } line { print line } { line = $0 }
        END { if (line) print line }' |
    "${FETCHALL:-fetchall}" -d "$dir" -
