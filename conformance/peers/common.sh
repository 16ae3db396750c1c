# Sourced by the peer scripts: what starting and stopping a server has in common, whatever the server is.
# shellcheck shell=bash
DOMAIN=${DOMAIN:-localhost}

die() { echo "$*" >&2; exit 1; }

# usage TEXT...: how a script is called.
usage() { printf '%s\n' "$@" >&2; exit 2; }

# installed PACKAGE PROGRAM: the server is there, and what these scripts use; else it says what to install.
installed() {
  command -v "$2" > /dev/null || die "$1 is not installed ('$2' is missing): apt-get install $1"
  command -v openssl > /dev/null || die "'openssl' is missing: apt-get install openssl"
}

# listening PORT: something accepts connections there.
listening() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# Takes ports for what C2S_PORT, TLS_PORT and S2S_PORT leave open, below those that the system hands out to clients.
choose_ports() {
  local name port taken=" "
  for name in C2S_PORT TLS_PORT S2S_PORT; do
    port=${!name:-}
    if [ -n "$port" ]; then
      listening "$port" && die "port $port is taken"
    else
      port=$((10000 + RANDOM % 20000))
      while listening "$port" || [[ $taken == *" $port "* ]]; do port=$((10000 + RANDOM % 20000)); done
    fi
    taken+="$port "
    printf -v "$name" %s "$port"
  done
}

# A certificate of its own for the domain: cert.pem, key.pem, and both in both.pem.
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$DIR/key.pem" -out "$DIR/cert.pem" -days 30 \
    -subj "/CN=$DOMAIN" -addext "subjectAltName=DNS:$DOMAIN" 2> "$DIR/openssl.log" || die "no certificate: $(cat "$DIR/openssl.log")"
  cat "$DIR/cert.pem" "$DIR/key.pem" > "$DIR/both.pem"
}

# fresh_folder: DIR exists, and no server of an earlier start runs in it.
fresh_folder() {
  mkdir -p "$DIR"
  DIR=$(readlink -f "$DIR")
  if [ -s "$DIR/pid" ] && kill -0 "$(cat "$DIR/pid")" 2> /dev/null; then die "a server runs in $DIR already (pid $(cat "$DIR/pid"))"; fi
}

# launch COMMAND...: in the background, in a session of its own; its process id is in DIR/pid, what it writes in DIR/out.log.
launch() {
  cd "$DIR" || exit 1
  setsid "$@" > "$DIR/out.log" 2>&1 < /dev/null &
  echo $! > "$DIR/pid"
}

# started NAME LOG...: waits until every port answers, then tells them in a line of assignments. Shows the logs when it fails.
started() {
  local name=$1 pid port; shift
  pid=$(cat "$DIR/pid")
  for port in "$C2S_PORT" "$TLS_PORT" "$S2S_PORT"; do
    for ((i = 0; i < 600; i++)); do
      listening "$port" && continue 2
      kill -0 "$pid" 2> /dev/null || break
      sleep 0.1
    done
    tail -n 30 "$DIR/out.log" "$@" >&2
    stop
    die "$name did not start"
  done
  echo "c2s=$C2S_PORT tls=$TLS_PORT s2s=$S2S_PORT pid=$pid"
}

# Ends the server of DIR and waits until it is gone: asks, and after 20 s insists.
stop() {
  local pid
  [ -s "$DIR/pid" ] || return 0
  pid=$(cat "$DIR/pid")
  kill "$pid" 2> /dev/null
  for ((i = 0; i < 200; i++)); do
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2> /dev/null
  rm -f "$DIR/pid"
}
