#!/usr/bin/env bash
# apt.sh DIR PACKAGE...: download packages and what they need, verified with the checksums of apt.
set -euo pipefail
dir=$1
shift
apt-get --print-uris --yes -qq install "$@" |
    sed -nE "s|^'([^']*)' ([^ ]*) ([0-9]+) SHA256:([0-9a-f]{64})$|\1\n out=\2\n size=\3\n checksum=sha-256=\4|p" |
    "${FETCHALL:-fetchall}" -d "$dir" -
