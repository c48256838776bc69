#!/usr/bin/env bash
# internet-archive.sh DIR ITEM...: download all files of items of the Internet Archive, in folders as
# there, with the tool ia.
set -euo pipefail
dir=$1
shift
for item in "$@"; do
    ia list --location "$item"
done | "${FETCHALL:-fetchall}" -d "$dir" --layout tree -
