#!/usr/bin/env bash
# Performs the plays on a server of Debian: starts it in a temporary folder, runs the suite with its profile, stops it.
#
#   run.sh prosody|ejabberd [options of the runner]
#
# The exit code is the runner's. KEEP=DIR keeps the server's files and logs there.
set -u
here=$(dirname "$(readlink -f "$0")")
name=${1:-}
[ -n "$name" ] && [ "$name" != run ] && [ "$name" != common ] && [ -f "$here/$name.sh" ] || { echo "usage: run.sh prosody|ejabberd [options of the runner]" >&2; exit 2; }
shift
dir=${KEEP:-$(mktemp -d)}

finish() {
  bash "$here/$name.sh" stop "$dir"
  [ -n "${KEEP:-}" ] || rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT TERM

line=$(bash "$here/$name.sh" start "$dir") || exit 1
echo "$name: $line"
for assignment in $line; do declare "${assignment%%=*}=${assignment#*=}"; done
dotnet run --project "$here/.." -- --host 127.0.0.1 --port "$c2s" --direct-port "$tls" --server-port "$s2s" --domain "${DOMAIN:-localhost}" \
  --insecure --register --profile "$name" "$@"
