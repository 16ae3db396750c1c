#!/bin/bash
# rules.sh WHAT [PAIRS]      what the rules of the model cost: two servers of the same build, measured in turn, A : B
#   none                       A as it comes, no account has a rule; B has all rules, lists and watcher information switched off
#   twenty                     A with 20 access rules and 20 delivery rules of each account; B as above
#   same                       A and B both switched off: how far apart two servers of one kind are
#
# Three kinds of traffic: chat (50 pairs of users, window 32; as in pairs.sh), and presence to 100 and to 1,000 subscribers who all have subscriptions
# both ways. SECS one measurement of chat, WARM the time before it. RESULT lines go to results/rules-WHAT.txt.
cd "$(dirname "$(readlink -f "$0")")"
WHAT=$1; PAIRS=${2:-10}; TRAFFIC=${TRAFFIC:-chat fanout-100 fanout-1000}; SECS=${SECS:-5}; WARM=${WARM:-2}; OUT=results/rules-$WHAT.txt
OFF='"modules": { "accessRules": { "enabled": false }, "deliveryRules": { "enabled": false }, "privacyLists": { "enabled": false }, "watchers": { "enabled": false } },'
case $WHAT in
none) MORE_A=; SETUP_A=;;
twenty) MORE_A=; SETUP_A=1;;
same) MORE_A=$OFF; SETUP_A=;;
*) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2;;
esac
make -s xload 2> /dev/null || { echo "no xload: gcc, make and the headers of OpenSSL are needed" >&2; exit 1; }
. ./lock.sh; mkdir -p results; ulimit -n "$(ulimit -Hn)"; export NUSERS=${NUSERS:-1600}
. ./own.sh; ROOT=$OWN; ALL=$(mktemp -d); mkdir "$ROOT/a" "$ROOT/b"; PORT_A=$PORT_OWN; . ./own.sh; rmdir "$OWN"; PORT_B=$PORT_OWN
stop() { RUN=$ROOT/a peers/presencexml.sh stop; RUN=$ROOT/b peers/presencexml.sh stop; rm -rf "$ROOT" "$ALL"; }
trap stop EXIT
# Rules of which none holds for the others of this load, each with a test of another kind: so all of them are asked each time, and the same is delivered.
python3 - > "$ROOT/setup.xml" <<'P'
access = [f"<rule id='r{i}'><conditions>" + [
    f"<identity><one id='xmpp:nobody{i}@elsewhere.example'/></identity>",
    f"<identity><many domain='d{i}.example'/></identity>",
    f"<group xmlns='urn:x-presencexml:access:0'>Group {i}</group>",
    f"<validity><from>2020-01-01T00:00:00Z</from><until>2020-01-{i + 1:02}T00:00:00Z</until></validity>"][i % 4]
    + "</conditions><actions><sub-handling xmlns='urn:ietf:params:xml:ns:pres-rules'>polite-block</sub-handling></actions></rule>" for i in range(20)]
delivery = [f"<rule name='r{i}'>" + [
    f"<from jid='nobody{i}@elsewhere.example'/>",
    f"<from group='Group {i}'/>",
    f"<body contains='no such words {i}'/>",
    f"<has ns='urn:example:{i}'/>"][i % 4] + "<fileinto box='other'/></rule>" for i in range(20)]
print("<iq type='set' id='access'><ruleset xmlns='urn:ietf:params:xml:ns:common-policy'>" + "".join(access) + "</ruleset></iq>"
      "<iq type='set' id='delivery'><delivery xmlns='urn:x-presencexml:delivery:0' ver='0'>" + "".join(delivery) + "</delivery></iq>", end="")
P
start() { # folder, port, more of the configuration
  RUN=$ROOT/$1 PORT_OWN=$2 MORE=$3 peers/presencexml.sh start
}
read PID_A _ < <(start a "$PORT_A" "$MORE_A"); read PID_B _ < <(start b "$PORT_B" "$OFF")
kill -0 "$PID_A" 2> /dev/null && kill -0 "$PID_B" 2> /dev/null || { echo "start failed" >&2; exit 1; }
x() { # a or b, traffic, whether rules are made: prints "rate per_cpu"
  local PORT=$PORT_A PID=$PID_A SETUP=() M R
  [ "$1" = b ] && PORT=$PORT_B PID=$PID_B
  [ "$1" = a ] && [ -n "$3" ] && SETUP=(--setup "$ROOT/setup.xml")
  case $2 in
  chat) M="--mode msg --pairs 50 --window 32 --secs $SECS --warm $WARM";;
  fanout-100) M="--mode fanout --subs 100 -K ${K100:-1500} --first 200";;
  fanout-1000) M="--mode fanout --subs 1000 -K ${K1000:-300} --first 400";;
  esac
  local C=(./xload $M --port "$PORT" --domain bench.local --pass secret --pid "$PID" --label "rules-$1" "${SETUP[@]}")
  R=$(timeout 150 "${C[@]}" 9>&- 2>&1) || { echo "FAILED: ${C[*]}" >&2; echo "$R" | tail -c 1500 >&2; exit 1; }
  { echo "# $(date +%T) ${C[*]}"; echo "$R"; } >> "$OUT"
  sed -n 's/.* rate=\([0-9]*\) .* per_cpu=\([0-9]*\) .*/\1 \2/p' <<< "$R"
}
load() { echo "rules $WHAT: $1, load average $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors" | tee -a "$OUT"; }
need 160; load before
for t in $TRAFFIC; do x a $t $SETUP_A > /dev/null && x b $t > /dev/null || exit 1; done # the runtime compiles; subscriptions and rules are made
for i in $(seq "$PAIRS"); do
  for t in $TRAFFIC; do
    need 40
    if [ $((i % 2)) = 1 ]; then a=$(x a $t) || exit 1; b=$(x b $t) || exit 1; else b=$(x b $t) || exit 1; a=$(x a $t) || exit 1; fi
    echo "$a $b" >> "$ALL/$t"
    awk -v i="$i" -v t="$t" '{ printf "pair %d, %s: A %d/s %d per CPU-s, B %d/s %d per CPU-s; A : B  rate %.2f  per CPU %.2f\n", i, t, $1, $2, $3, $4, $1 / $3, $2 / $4 }' <<< "$a $b"
  done
done
unlock; load after
for t in $TRAFFIC; do
  python3 - "$WHAT, $t" "$ALL/$t" <<'P' | tee -a "$OUT"
import statistics, sys
name, pairs = sys.argv[1], [tuple(map(float, line.split())) for line in open(sys.argv[2])]
def cell(values, form): return f"{statistics.median(values):{form}} [{min(values):{form}}-{max(values):{form}}]"
rate, cpu = [a / c for a, _, c, _ in pairs], [b / d for _, b, _, d in pairs]
print(f"rules {name}: {len(pairs)} pairs, medians [from-to]: A : B  rate {cell(rate, '.2f')}  per CPU {cell(cpu, '.2f')}; per CPU-s A {cell([p[1] for p in pairs], '.0f')} B {cell([p[3] for p in pairs], '.0f')}")
P
done
