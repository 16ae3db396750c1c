#!/usr/bin/env bash
# ejabberd as a peer for the plays, on loopback, with all its files in a folder: no epmd, no Erlang distribution, no ejabberdctl.
#
#   ejabberd.sh start DIR    prints "c2s=PORT tls=PORT s2s=PORT pid=PID"
#   ejabberd.sh stop DIR
#
# DOMAIN (localhost), C2S_PORT, TLS_PORT and S2S_PORT (free ones) may be given.
set -u
. "$(dirname "$(readlink -f "$0")")/common.sh"
[ $# -eq 2 ] || usage "usage: ejabberd.sh start|stop DIR"
DIR=$2

configuration() {
  cat << C
loglevel: info
log_rotate_count: 0
hosts: ["$DOMAIN"]
certfiles: ["$DIR/both.pem"]
listen:
  - {port: $C2S_PORT, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 262144, shaper: none, access: c2s, starttls_required: true}
  - {port: $TLS_PORT, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 262144, shaper: none, access: c2s, tls: true}
  - {port: $S2S_PORT, ip: "127.0.0.1", module: ejabberd_s2s_in, max_stanza_size: 524288, shaper: none}
s2s_use_starttls: required
s2s_access: all
outgoing_s2s_families: [ipv4]
outgoing_s2s_ipv4_address: "127.0.0.1"
auth_method: internal
auth_password_format: plain # with the password itself it offers each SCRAM it has, and not only the one of the stored hash
disable_sasl_mechanisms: ["digest-md5", "X-OAUTH2"]
registration_timeout: infinity
acl:
  local: {user_regexp: ""}
access_rules:
  local: {allow: local}
  c2s: {allow: all}
shaper_rules:
  max_user_sessions: 20
  max_user_offline_messages: 1000
modules:
  mod_adhoc: {}
  mod_blocking: {}
  mod_caps: {}
  mod_carboncopy: {}
  mod_client_state: {}
  mod_disco: {}
  mod_last: {}
  mod_mam: {default: always}
  mod_offline: {access_max_user_messages: max_user_offline_messages}
  mod_ping: {}
  mod_privacy: {}
  mod_private: {}
  mod_pubsub: {plugins: [flat, pep]}
  mod_register: {access: all, ip_access: all, password_strength: 0}
  mod_roster: {versioning: true, store_current_id: true}
  mod_s2s_dialback: {}
  mod_stream_mgmt: {resend_on_timeout: true} # else what was archived is not delivered when a session ends
  mod_time: {}
  mod_vcard: {search: false}
  mod_vcard_xupdate: {}
  mod_version: {show_os: false}
C
}

case $1 in
  start)
    installed ejabberd erl
    libraries=$(dirname "$(ls -d /usr/lib/*/ejabberd-*/ebin /usr/lib/ejabberd-*/ebin 2> /dev/null | head -n 1)" 2> /dev/null)
    [ -d "$libraries/ebin" ] || die "ejabberd is not installed (no ejabberd-*/ebin below /usr/lib): apt-get install ejabberd"
    fresh_folder
    choose_ports
    mkdir -p "$DIR/spool" "$DIR/logs"
    make_certificate
    configuration > "$DIR/ejabberd.yml"
    export ERL_LIBS=${libraries%/*} EJABBERD_CONFIG_PATH=$DIR/ejabberd.yml EJABBERD_LOG_PATH=$DIR/logs/ejabberd.log
    export ERL_CRASH_DUMP=$DIR/crash ERL_CRASH_DUMP_BYTES=0 ERL_MAX_PORTS=8192 ERL_MAX_ETS_TABLES=1400 HOME=$DIR
    launch erl +K true +sbwt none +sbwtdcpu none +sbwtdio none -noinput -mnesia dir "\"$DIR/spool\"" -s ejabberd
    started ejabberd "$DIR/logs/ejabberd.log" ;;
  stop) stop ;;
  *) usage "usage: ejabberd.sh start|stop DIR" ;;
esac
