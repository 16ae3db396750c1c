#!/bin/bash
# pairs.sh NAME "ARGS A" "ARGS B" [PAIRS]   two kinds of traffic against one server, in turn, so that whatever else the machine does falls on both
#
# A server is started as run_peer.sh does it (START, STOP), or one that runs is used (PORT, PID, DOMAIN, PASS). MSG are arguments of both
# (default: 50 pairs x window 32), SECS one measurement, WARM the time before it. RESULT lines go to results/NAME.txt, the ratios A : B to the screen.
#   START='peers/presencexml.sh start' STOP='peers/presencexml.sh stop' ./pairs.sh sm "--sm 5" "" 10
cd "$(dirname "$(readlink -f "$0")")"
NAME=$1; A=$2; B=$3; PAIRS=${4:-10}
HOST=${HOST:-127.0.0.1}; DOMAIN=${DOMAIN:-bench.local}; PREFIX=${PREFIX:-u}; PASS=${PASS:-secret}; SECS=${SECS:-5}; WARM=${WARM:-2}
MSG=${MSG:---pairs 50 --window 32}; OUT=results/$NAME.txt
. ./lock.sh; mkdir -p results; ulimit -n "$(ulimit -Hn)"
[ -n "$START" ] && { read PID PORT _ < <($START); [ -n "$PID" ] || { echo "start failed" >&2; exit 1; }; sleep 1; }
trap '[ -n "$STOP" ] && $STOP' EXIT
x() { # label, arguments: prints "rate per_cpu"
  local L=$1; shift
  local C=(./xload --mode msg --host $HOST --port $PORT --domain $DOMAIN --user-prefix $PREFIX --pass "$PASS" --pid $PID --label "$L" --secs $SECS --warm $WARM $MSG "$@")
  local R; R=$(timeout 120 "${C[@]}" 9>&- 2>&1) || { echo "FAILED: ${C[*]}" >&2; echo "$R" | head -3 >&2; exit 1; }
  { echo "# $(date +%T) ${C[*]}"; echo "$R"; } >> "$OUT"
  sed -n 's/.* rate=\([0-9]*\) .* per_cpu=\([0-9]*\) .*/\1 \2/p' <<< "$R"
}
need 170
x warm $A > /dev/null; x warm $B > /dev/null # the runtime compiles
for i in $(seq "$PAIRS"); do
  need $((2 * (SECS + WARM + 4)))
  if [ $((i % 2)) = 1 ]; then a=$(x "$NAME-a" $A) || exit 1; b=$(x "$NAME-b" $B) || exit 1
  else b=$(x "$NAME-b" $B) || exit 1; a=$(x "$NAME-a" $A) || exit 1; fi
  echo "$a $b"
done | awk -v name="$NAME" '
  function median(v, n,   i, j, t) { for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] > v[j]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }; return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2 }
  { n++; r[n] = $1 / $3; c[n] = $2 / $4; ar[n] = $1; br[n] = $3; ac[n] = $2; bc[n] = $4
    printf "%s pair %d: A %d/s %d per CPU-s, B %d/s %d per CPU-s; A : B  rate %.2f  per CPU %.2f\n", name, n, $1, $2, $3, $4, r[n], c[n]; fflush() }
  END { if (!n) exit 1; mr = median(r, n); mc = median(c, n)
    printf "%s: median of %d pairs A : B  rate %.2f [%.2f-%.2f]  per CPU %.2f [%.2f-%.2f]; A %d/s %d per CPU-s, B %d/s %d per CPU-s\n", name, n, mr, r[1], r[n], mc, c[1], c[n], median(ar, n), median(ac, n), median(br, n), median(bc, n) }'
unlock
