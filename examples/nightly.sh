#!/bin/sh
# nightly.sh: update a directory from a list every night, by cron.
#
#     nightly.sh LIST DIR LOGS
#
#     # crontab: at 03:30, for three hours at most
#     30 3 * * *  NIGHTLY_MAX=3h /usr/local/bin/nightly.sh /etc/mirror.list /srv/mirror /var/log/mirror
#
# cron sends mail when a job prints something, so this one prints only what
# requires a person to act.  LOGS gets the log and the report of each night, for two weeks.
#
#     0          success: nothing is printed
#     5 or 124   transient failures, or the time was over: the next night continues; only
#                the third such night in a row is reported
#     1          permanent failures (404, an invalid line): correct the list; reported with the entries
#     3          wrong checksum: reported, because it may be an attack
#     2, 4       the list cannot be read; no disk space or permission: reported
#     75         the previous run has not ended: reported, because NIGHTLY_MAX should be shorter
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

# The lock belongs to the open file, which fetchall inherits: it is held as long as one of them lives,
# and is released when both have ended.
exec 9>"$logs/lock"
if ! flock -n 9; then
    echo "nightly: the previous run is still running in $dir"
    exit 75
fi

# SIGTERM makes fetchall stop within five seconds, and keep its part files.  --foreground: it ends its
# workers itself, and receives signals sent to the group of this script.
timeout --foreground "${NIGHTLY_MAX:-6h}" "$fetchall" --sync --progress none -d "$dir" \
    --report "$logs/$night.jsonl" -- "$list" 2>>"$logs/$night.log"
status=$?

# report_problem WHY...: print what to do, and the end of the log.
report_problem() {
    echo "nightly: $dir: $*"
    tail -n 20 "$logs/$night.log"
    echo "The whole log is $logs/$night.log, the report is $logs/$night.jsonl"
}

nights=0
case $status in
0) ;;
5 | 124)
    # The shell would evaluate any expression there.
    nights=$(cat "$logs/nights" 2>/dev/null)
    case $nights in
    [1-9] | [1-9][0-9] | [1-9][0-9][0-9]) nights=$((nights + 1)) ;;
    *) nights=1 ;;
    esac
    if [ "$nights" -ge 3 ]; then
        report_problem "not complete for $nights nights; status $status"
    fi
    ;;
1)
    report_problem "some entries failed permanently"
    # URLs and names come from others: no control characters go to a mail, or to a terminal.
    "$fetchall" status -d "$dir" --failed | head -n 50 | tr -d '\000-\010\013-\037\177'
    ;;
3) report_problem "WRONG CHECKSUM: check the files before you use them" ;;
2) report_problem "the list $list cannot be used" ;;
4) report_problem "no disk space, or no permission" ;;
*) report_problem "ended with status $status" ;;
esac
echo "$nights" >"$logs/nights"
find "$logs" -name '????-??-??.*' -mtime +14 -delete
exit "$status"
