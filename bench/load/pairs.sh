#!/bin/bash
# pairs.sh WHAT [PAIRS]      two kinds of sessions against one server, in turn, so that whatever else the machine does falls on both: A : B
#   sm                         A with stream management, B without; both archive
#   archive                    A archives, B does not (each account's preference, XEP-0441); neither has stream management
#   both                       A has stream management and archives, B neither
#   store                      A as above; B's messages ask to be stored nowhere, not even for their delivery (no-store)
#   NAME "ARGS A" "ARGS B"     arguments of xload
#
# Ours is built, started and stopped, unless another START and STOP (run_peer.sh) or a running server (PORT, PID, DOMAIN, PASS) is named. MSG are
# arguments of both (default: 50 pairs of users, window 32), SECS one measurement, WARM the time before it: ten pairs take about four minutes.
# RESULT lines go to results/WHAT.txt. The ratio "per CPU" is of messages for each second of the server's own CPU time.
cd "$(dirname "$(readlink -f "$0")")"
NAME=$1; PAIRS=${2:-10}
case $NAME in
sm) A="--sm 5 --archive always"; B="--archive always";;
archive) A="--archive always"; B="--archive never";;
both) A="--sm 5 --archive always"; B="--archive never";;
store) A="--sm 5 --archive always"; B="--no-store";;
*) A=$2; B=$3; PAIRS=${4:-10}; [ $# -ge 3 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; };;
esac
HOST=${HOST:-127.0.0.1}; DOMAIN=${DOMAIN:-bench.local}; PREFIX=${PREFIX:-u}; PASS=${PASS:-secret}; SECS=${SECS:-5}; WARM=${WARM:-2}
MSG=${MSG:---pairs 50 --window 32}; OUT=results/$NAME.txt
if [ -z "$PORT$START" ]; then . ./own.sh; START="peers/presencexml.sh start"; STOP="peers/presencexml.sh stop"; export NUSERS=${NUSERS:-300}; fi
make -s xload 2> /dev/null || { echo "no xload: gcc, make and the headers of OpenSSL are needed" >&2; exit 1; }
. ./lock.sh; mkdir -p results; ulimit -n "$(ulimit -Hn)"
ALL=$(mktemp); trap 'rm -f "$ALL"; [ -n "$STOP" ] && $STOP; [ -n "$OWN" ] && rm -rf "$OWN"' EXIT
[ -n "$START" ] && { read PID PORT _ < <($START); kill -0 "$PID" 2> /dev/null || { echo "start failed" >&2; exit 1; }; }
x() { # label, arguments: prints "rate per_cpu"
  local L=$1; shift
  local C=(./xload --mode msg --host $HOST --port $PORT --domain $DOMAIN --user-prefix $PREFIX --pass "$PASS" --pid $PID --label "$L" --secs $SECS --warm $WARM $MSG "$@")
  local R; R=$(timeout 60 "${C[@]}" 9>&- 2>&1) || { echo "FAILED: ${C[*]}" >&2; echo "$R" | head -3 >&2; exit 1; }
  { echo "# $(date +%T) ${C[*]}"; echo "$R"; } >> "$OUT"
  sed -n 's/.* rate=\([0-9]*\) .* per_cpu=\([0-9]*\) .*/\1 \2/p' <<< "$R"
}
load() { echo "$NAME: $1, load average $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors" | tee -a "$OUT"; }
echo "$NAME: A '$A', B '$B', both '$MSG', $SECS s each" | tee -a "$OUT"
need 40; load before
x warm $A > /dev/null && x warm $B > /dev/null || exit 1 # the runtime compiles
for i in $(seq "$PAIRS"); do # not in a pipe: the lock is this shell's
  need $((2 * (SECS + WARM + 4)))
  if [ $((i % 2)) = 1 ]; then a=$(x "$NAME-a" $A) || exit 1; b=$(x "$NAME-b" $B) || exit 1
  else b=$(x "$NAME-b" $B) || exit 1; a=$(x "$NAME-a" $A) || exit 1; fi
  echo "$a $b" >> "$ALL"
  awk -v i="$i" '{ printf "pair %d: A %d/s %d per CPU-s, B %d/s %d per CPU-s; A : B  rate %.2f  per CPU %.2f\n", i, $1, $2, $3, $4, $1 / $3, $2 / $4 }' <<< "$a $b"
done
unlock
load after
python3 - "$NAME" "$ALL" <<'P' | tee -a "$OUT"
import statistics, sys
name, pairs = sys.argv[1], [tuple(map(float, line.split())) for line in open(sys.argv[2])]
def cell(values, form): return f"{statistics.median(values):{form}} [{min(values):{form}}-{max(values):{form}}]"
rate, cpu = [a / c for a, _, c, _ in pairs], [b / d for _, b, _, d in pairs]
print(f"{name}: {len(pairs)} pairs, medians [from-to]: A : B  rate {cell(rate, '.2f')}  per CPU {cell(cpu, '.2f')}; "
      f"per CPU-s A {cell([p[1] for p in pairs], '.0f')} B {cell([p[3] for p in pairs], '.0f')}; /s A {cell([p[0] for p in pairs], '.0f')} B {cell([p[2] for p in pairs], '.0f')}")
P
