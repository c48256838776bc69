#!/bin/sh
# retry.sh: download a list, and retry what failed as long as that is useful.
#
#     retry.sh LIST DIR [OPTION...]          more options for fetchall
#
# fetchall itself retries each entry a few times, over seconds or minutes.  This is for servers
# that are down for longer: up to RETRY_ROUNDS (8) rounds, with delays of RETRY_WAIT (60) seconds that
# double with each.  Only the failed entries of the state are retried (--retry-failed).
#
# The exit status tells whether another round is useful: 5 means that all failures are transient.
# With 1, some are permanent, and others may be transient: the state has the numbers.
# Any other status ends it: success, or a problem that waiting does not solve.
#
# Entries that still fail at the end are written to DIR.failed: a list with the options of each
# entry, to be corrected and used again.  The exit status is that of the last round.
set -u

fetchall=${FETCHALL:-fetchall}
if [ $# -lt 2 ]; then
    echo "usage: retry.sh LIST DIR [OPTION...]" >&2
    exit 2
fi
list=$1
dir=${2%/}
shift 2
wait=${RETRY_WAIT:-60}
rounds=${RETRY_ROUNDS:-8}

transient() {
    "$fetchall" status -d "$dir" --json | sed -n 's/.*"transient": *\([0-9]*\).*/\1/p'
}

"$fetchall" -d "$dir" "$@" -- "$list"
status=$?
while [ "$rounds" -gt 1 ]; do
    left=0
    if [ "$status" -eq 5 ] || [ "$status" -eq 1 ]; then
        left=$(transient)
    fi
    if [ "${left:-0}" -eq 0 ]; then
        break
    fi
    echo "retry: $left of the failures are transient; next round in $wait s"
    sleep "$wait"
    wait=$((wait * 2))
    rounds=$((rounds - 1))
    "$fetchall" -d "$dir" --retry-failed "$@" -- "$list"
    status=$?
done

if [ "$status" -eq 0 ]; then
    rm -f -- "$dir.failed"
    echo "retry: complete"
else
    # A link that somebody has put there is replaced, not followed.
    if ! failed=$(mktemp -- "$dir.XXXXXX"); then
        exit 4
    fi
    "$fetchall" status -d "$dir" --failed >"$failed"
    mv -fT -- "$failed" "$dir.failed"
    echo "retry: ended with status $status; see $dir.failed for the failed entries"
fi
exit "$status"
