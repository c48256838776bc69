#!/bin/sh
# retry.sh: fetch a list, and try again what failed, as long as that makes sense.
#
#     retry.sh LIST DIR [OPTION...]          more options for fetchall
#
# fetchall tries each entry a few times by itself, over seconds or minutes.  This is for servers
# that are away for longer: up to RETRY_ROUNDS (8) rounds, with waits of RETRY_WAIT (60) seconds that
# double with each.  Only what the state says failed is tried again (--retry-failed).
#
# The exit status says whether a round makes sense: 5 is "all that failed may pass".  With 1,
# something failed for good, and the rest may still pass: the state tells how many of them there
# are.  Anything else ends it: success, or a trouble that waiting does not cure.
#
# What still failed in the end is written to DIR.failed: a list again, with the options of each
# entry, to be corrected and fed back.  The exit status is that of the last round.
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

may_pass() {
    "$fetchall" status -d "$dir" --json | sed -n 's/.*"may_pass": *\([0-9]*\).*/\1/p'
}

"$fetchall" -d "$dir" "$@" -- "$list"
status=$?
while [ "$rounds" -gt 1 ]; do
    left=0
    if [ "$status" -eq 5 ] || [ "$status" -eq 1 ]; then
        left=$(may_pass)
    fi
    if [ "${left:-0}" -eq 0 ]; then
        break
    fi
    echo "retry: $left of those that failed may pass; once more in $wait s"
    sleep "$wait"
    wait=$((wait * 2))
    rounds=$((rounds - 1))
    "$fetchall" -d "$dir" --retry-failed "$@" -- "$list"
    status=$?
done

if [ "$status" -eq 0 ]; then
    rm -f -- "$dir.failed"
    echo "retry: all is there"
else
    # A link that somebody has put there is replaced, not followed.
    if ! failed=$(mktemp -- "$dir.XXXXXX"); then
        exit 4
    fi
    "$fetchall" status -d "$dir" --failed >"$failed"
    mv -fT -- "$failed" "$dir.failed"
    echo "retry: ended with status $status; what failed stands in $dir.failed"
fi
exit "$status"
