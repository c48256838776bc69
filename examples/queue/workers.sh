#!/bin/sh
# workers.sh: download one list with several workers, which share a queue on a Redis server.
#
#     workers.sh LIST DIR N
#
# The server is started here, keeps its queue in DIR/queue and ends with the script; so the script can be
# killed and started again.  For workers on other machines, give them the URL of a server instead:
# see QUEUE in fetchall(1).  The files are in DIR/worker-1 to DIR/worker-N.
set -eu

if [ $# -ne 3 ]; then
    echo "usage: workers.sh LIST DIR N" >&2
    exit 2
fi
fetchall=${FETCHALL:-fetchall}
list=$1 n=$3
mkdir -p "$2/queue"
dir=$(cd "$2" && pwd)
url=unix://$dir/queue/redis.sock

redis-server --port 0 --unixsocket "$dir/queue/redis.sock" --dir "$dir/queue" --appendonly yes \
    --save "" >"$dir/queue/redis.log" &
server=$!
trap 'kill $server' EXIT
until "$fetchall" enqueue -q --queue "$url" "$list" 2>"$dir/queue/enqueue.log"; do
    [ $? -eq 5 ] || break # 5: the server is not there yet; other errors are printed below
    sleep 0.1
done
cat "$dir/queue/enqueue.log" >&2

workers=
for i in $(seq "$n"); do
    "$fetchall" work --queue "$url" -d "$dir/worker-$i" --progress none \
        --report "+$dir/worker-$i.jsonl" &
    workers="$workers $!"
done
status=0
for worker in $workers; do
    wait "$worker" || status=$?
done
"$fetchall" status --queue "$url"
exit $status
