#!/usr/bin/env bash
# yt-dlp.sh DIR URL...: download what yt-dlp finds, named by its ID.  The URLs are valid for some hours
# only: run it again to resume with new ones.
set -euo pipefail
dir=$1
shift
yt-dlp --no-warnings --format best --print $'%(url)s\n out=%(id)s.%(ext)s' "$@" |
    "${FETCHALL:-fetchall}" -d "$dir" -
