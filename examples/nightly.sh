#!/bin/sh
# nightly.sh: bring a folder up to date from a list every night, by cron.
#
#     nightly.sh LIST DIR LOGS
#
#     # crontab: at 03:30, for three hours at most
#     30 3 * * *  NIGHTLY_MAX=3h /usr/local/bin/nightly.sh /etc/mirror.list /srv/mirror /var/log/mirror
#
# cron sends a mail when a job prints something, so this one prints only what a person should do
# something about.  LOGS gets the log and the report of each night, for two weeks.
#
#     0          nothing to say
#     5 or 124   what failed may pass, or the time was up: the next night goes on from there; only
#                the third such night in a row is told
#     1          gone for good (404, a bad line): the list wants to be corrected; told, with the entries
#     3          a checksum does not hold: told, as it may be an attack
#     2, 4       the list cannot be read; no room, no permission: told
#     75         the run before is still at work: told, as NIGHTLY_MAX should be shorter
#
# The exit status is that number, for systemd timers and others that look at it.
set -u

fetchall=${FETCHALL:-fetchall}
if [ $# -ne 3 ]; then
    echo "usage: nightly.sh LIST DIR LOGS" >&2
    exit 2
fi
list=$1
dir=$2
logs=$3
case $logs in
/*) ;;
*) logs=./$logs ;;
esac
night=$(date +%F)
mkdir -p "$logs" || exit 4

# The lock belongs to the open file, which fetchall inherits: it holds as long as one of them lives,
# and ends with them, however they end.
exec 9>"$logs/lock"
if ! flock -n 9; then
    echo "nightly: the run before is still at work in $dir"
    exit 75
fi

# SIGTERM makes fetchall end within five seconds, and keep what it has.  --foreground: it ends its
# workers by itself, and what is sent to the group of this script reaches it.
timeout --foreground "${NIGHTLY_MAX:-6h}" "$fetchall" --sync --progress none -d "$dir" \
    --report "$logs/$night.jsonl" -- "$list" 2>>"$logs/$night.log"
status=$?

# told WHY...: what is to be done, and the end of the log.
told() {
    echo "nightly: $dir: $*"
    tail -n 20 "$logs/$night.log"
    echo "The whole log is $logs/$night.log, the report is $logs/$night.jsonl"
}

nights=0
case $status in
0) ;;
5 | 124)
    # The shell would compute whatever stands there.
    nights=$(cat "$logs/nights" 2>/dev/null)
    case $nights in
    [1-9] | [1-9][0-9] | [1-9][0-9][0-9]) nights=$((nights + 1)) ;;
    *) nights=1 ;;
    esac
    if [ "$nights" -ge 3 ]; then
        told "not complete for $nights nights; status $status"
    fi
    ;;
1)
    told "some entries failed for good"
    # URLs and names come from others: no control characters go to a mail, or to a terminal.
    "$fetchall" status -d "$dir" --failed | head -n 50 | tr -d '\000-\010\013-\037\177'
    ;;
3) told "A CHECKSUM DOES NOT HOLD: look before you use these files" ;;
2) told "the list $list cannot be used" ;;
4) told "there is no room, or no permission" ;;
*) told "ended with status $status" ;;
esac
echo "$nights" >"$logs/nights"
find "$logs" -name '????-??-??.*' -mtime +14 -delete
exit "$status"
