#!/usr/bin/env bash
# s3.sh DIR BUCKET [PREFIX]: download the objects of a private bucket, by URLs that are signed for an
# hour.  Run it again to go on with new signatures: see SIGNED URLS in fetchall(1).
set -euo pipefail
dir=$1
bucket=$2
prefix=${3:-}
aws s3api list-objects-v2 --bucket "$bucket" --prefix "$prefix" --query 'Contents[].[Key]' \
    --output text |
    while read -r key; do
        aws s3 presign "s3://$bucket/$key" --expires-in 3600
        printf ' out=%s\n' "$key"
    done | "${FETCHALL:-fetchall}" -d "$dir" -
