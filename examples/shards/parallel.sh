#!/bin/sh
# parallel.sh: download one list on several machines by ssh, with GNU parallel.
#
#     parallel.sh LIST DIR N HOST...
#
# DIR and LIST are on a file system that all hosts share; HOST is a name for ssh, or ":" for this
# machine.  N shards are started, one at a time on each host; one that fails for a reason that may
# pass is started again, up to three times.  At the end, the states and reports are joined.
set -eu

if [ $# -lt 4 ]; then
    echo "usage: parallel.sh LIST DIR N HOST..." >&2
    exit 2
fi
fetchall=${FETCHALL:-fetchall}
list=$1 dir=$2 n=$3
shift 3
hosts=$(IFS=, && echo "$*")

# The statuses 1 and 3 are about entries, which "fetchall status" names: only 5 is tried again.
# shellcheck disable=SC2016 # another shell expands it
run='for try in 1 2 3; do
    "$1" --shard "$2" --progress none -d "$3" --report "$3.jsonl" -- "$4"
    status=$?
    [ $status -eq 5 ] || exit $status
done
exit 5'
quoted=$(printf '%s' "$run" | sed "s/'/'\\\\''/g")
status=0
seq 0 $((n - 1)) |
    parallel --will-cite -j 1 -S "$hosts" -q sh -c "$quoted" run "$fetchall" "{}/$n" "$dir" "$list" ||
    status=$?
"$fetchall" merge -d "$dir" --report "$dir.jsonl" || status=1
exit $status
