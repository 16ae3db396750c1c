#!/usr/bin/env bash
# Prosody as a peer for the plays, on loopback, with all its files in a folder.
#
#   prosody.sh start DIR     prints "c2s=PORT tls=PORT s2s=PORT pid=PID"
#   prosody.sh stop DIR
#
# DOMAIN (localhost), C2S_PORT, TLS_PORT and S2S_PORT (free ones) may be given.
set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
[ $# -eq 2 ] || usage "usage: prosody.sh start|stop DIR"
DIR=$2

configuration() {
  cat << C
run_as_root = true
pidfile = "$DIR/prosody.pid"
data_path = "$DIR/data"
certificates = "$DIR"
log = { info = "$DIR/prosody.log" }

interfaces = { "127.0.0.1" }
c2s_ports = { $C2S_PORT }
c2s_direct_tls_ports = { $TLS_PORT }
s2s_ports = { $S2S_PORT }
s2s_direct_tls_ports = { }
component_ports = { }
http_ports = { }
https_ports = { }
ssl = { certificate = "$DIR/cert.pem"; key = "$DIR/key.pem" }
c2s_direct_tls_ssl = { certificate = "$DIR/cert.pem"; key = "$DIR/key.pem" }

modules_enabled = {
  "disco"; "roster"; "saslauth"; "tls"; "dialback"; "posix";
  "blocklist"; "bookmarks"; "carbons"; "csi_simple"; "lastactivity"; "mam"; "offline"; "pep"; "ping"; "private"; "register_ibr";
  "s2s_bidi"; "smacks"; "time"; "uptime"; "user_account_management"; "vcard"; "version";
}
modules_disabled = { "limits" }

allow_registration = true
authentication = "internal_plain" -- with the password itself it offers each SCRAM it has, and not only the one of the stored hash
storage = "internal"
c2s_require_encryption = true
c2s_stanza_size_limit = 262144
s2s_require_encryption = true
s2s_secure_auth = false -- a server with a certificate of its own is who dialback says

VirtualHost "$DOMAIN"
C
}

case $1 in
  start)
    installed prosody prosody
    fresh_folder
    choose_ports
    mkdir -p "$DIR/data"
    make_certificate
    configuration > "$DIR/prosody.cfg.lua"
    launch prosody -F --config "$DIR/prosody.cfg.lua"
    started prosody "$DIR/prosody.log" ;;
  stop) stop ;;
  *) usage "usage: prosody.sh start|stop DIR" ;;
esac
