#!/bin/bash
# presencexml.sh start|stop   -> prints PID PORT TLSPORT.  Fresh data dir at each start, NUSERS users u0… with ready SCRAM keys.
# BIN=path of the executable; default: builds src/Server in Release and runs that.   ITER=10000 PBKDF2 rounds.
# MORE='"modules": { … },' is put into the configuration.
NUSERS=${NUSERS:-16000}
. "$(dirname "$(readlink -f "$0")")/common.sh"
HERE=$(dirname "$(readlink -f "$0")"); ROOT=$(readlink -f "$HERE/../../..")
PORT=${PORT_OWN:-${PORT:-18622}}; D=$RUN/presencexml; ITER=${ITER:-10000}
case $1 in
start)
  make_cert; rm -rf "$D"; mkdir -p "$D"
  if [ -z "$BIN" ]; then
    dotnet build "$ROOT/src/Server" -c Release -v q --nologo > "$D/build.log" 2>&1 || { cat "$D/build.log" >&2; exit 1; }
    BIN=$ROOT/src/Server/bin/Release/net10.0/presencexml
  fi
  cat > "$D/server.config.json" <<C
{
  "domains": ["$DOMAIN"],
  "listen": { "client": ["127.0.0.1:$PORT"], "clientTls": ["127.0.0.1:$((PORT+1))"], "server": [], "serverTls": [], "http": [] },
  "tls": { "certificate": "$RUN/cert.pem", "key": "$RUN/key.pem", "required": false },
  "auth": { "scramIterations": $ITER },
  "limits": { "connectionsPerAddress": 0, "authFailuresPerMinute": 0 },
  "inbox": { "quotaMessages": 0, "quotaBytes": 0 },
  $MORE
  "log": { "level": "Warning" }
}
C
  python3 "$HERE/presencexml_users.py" "$DOMAIN" "$NUSERS" "$PASS" "$ITER" > "$D/users.csv"
  "$BIN" user import "$D/users.csv" --create --config "$D/server.config.json" > "$D/import.log" 2>&1 || { cat "$D/import.log" >&2; exit 1; }
  setsid "$BIN" run --config "$D/server.config.json" > "$D/out.log" 2>&1 < /dev/null &
  P=$!; echo $P > "$D/pid"
  wait_port $PORT 30 || { echo "presencexml did not start" >&2; cat "$D/out.log" >&2; exit 1; }
  echo "$P $PORT $((PORT+1))";;
stop) [ -s "$D/pid" ] && stop_pid "$(cat "$D/pid")"; rm -f "$D/pid";;
esac
