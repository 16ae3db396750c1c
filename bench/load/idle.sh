#!/bin/bash
# idle.sh [SESSIONS [ROUNDS]]   memory of an idle session with stream management and of one without, by turns, each of a server just started:
# how much the server's resident memory grew from 50 sessions (which came and went) to SESSIONS that signed in, sent presence and said nothing for HOLD seconds.
cd "$(dirname "$(readlink -f "$0")")"
N=${1:-2000}; ROUNDS=${2:-5}; export NUSERS=$((N + 100)); . ./own.sh
make -s xload 2> /dev/null || { echo "no xload: gcc, make and the headers of OpenSSL are needed" >&2; exit 1; }
mkdir -p results; ulimit -n "$(ulimit -Hn)"; ALL=$(mktemp)
trap 'rm -f "$ALL"; peers/presencexml.sh stop; rm -rf "$OWN"' EXIT
x() { # label, arguments: prints KB per session
  local L=$1 R; shift
  read PID PORT _ < <(peers/presencexml.sh start); kill -0 "$PID" 2> /dev/null || { echo "start failed" >&2; exit 1; }
  R=$(timeout 120 ./xload --mode idle -n "$N" --host 127.0.0.1 --port "$PORT" --domain bench.local --pass secret --pid "$PID" --label "$L" --roster --auth sha1 --conc 20 --hold "${HOLD:-8}" "$@" 2>&1) || { echo "$R" | head -3 >&2; exit 1; }
  echo "$R" >> results/idle.txt
  peers/presencexml.sh stop
  sed -n 's/.*rss_per_conn_kb=\([0-9.]*\).*/\1/p' <<< "$R"
}
for i in $(seq "$ROUNDS"); do
  if [ $((i % 2)) = 1 ]; then a=$(x sm --sm 5) || exit 1; b=$(x plain) || exit 1; else b=$(x plain) || exit 1; a=$(x sm --sm 5) || exit 1; fi
  echo "$a $b" | tee -a "$ALL"
done
python3 - "$ALL" <<'P' | tee -a results/idle.txt
import statistics, sys
pairs = [tuple(map(float, line.split())) for line in open(sys.argv[1])]
def cell(values): return f"{statistics.median(values):.1f} [{min(values):.1f}-{max(values):.1f}]"
print(f"idle: {len(pairs)} rounds, KB per session, medians [from-to]: with stream management {cell([a for a, _ in pairs])}, without {cell([b for _, b in pairs])}, more {cell([a - b for a, b in pairs])}")
P
