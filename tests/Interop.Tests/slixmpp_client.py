#!/usr/bin/python3
"""A real slixmpp client driven over stdin/stdout, one JSON object a line.

usage: slixmpp_client.py JID PASSWORD HOST PORT [MECHANISM]

in:  {"do": "message", "to": JID, "body": TEXT}   {"do": "presence", "show": SHOW, "status": TEXT}
     {"do": "subscribe", "to": JID}               {"do": "roster"}        {"do": "ping", "to": JID}
     {"do": "disconnect"}
out: {"event": "online" | "message" | "presence" | "roster" | "pong" | "failed" | "offline", ...}
"""
import asyncio
import json
import ssl
import sys

import slixmpp


def emit(event, **facts):
    print(json.dumps({"event": event, **facts}), flush=True)


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid, password, mechanism):
        super().__init__(jid, password, sasl_mech=mechanism)
        self.ssl_context = ssl.create_default_context()
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        self.auto_authorize = True
        self.auto_subscribe = True
        for plugin in ("xep_0030", "xep_0092", "xep_0199", "xep_0203", "xep_0115", "xep_0359"):
            self.register_plugin(plugin)
        self.add_event_handler("session_start", self.start)
        self.add_event_handler("message", self.on_message)
        for kind in ("available", "away", "chat", "dnd", "xa", "unavailable", "subscribe", "subscribed", "unsubscribe", "unsubscribed"):
            self.add_event_handler("presence_" + kind, self.on_presence)
        self.add_event_handler("failed_auth", lambda _: emit("failed", why="auth"))
        self.add_event_handler("connection_failed", lambda why: emit("failed", why=str(why)))
        self.add_event_handler("disconnected", self.on_disconnected)

    async def start(self, _):
        await self.get_roster()
        self.send_presence()
        mechanism = self["feature_mechanisms"].mech.name
        emit("online", jid=self.boundjid.full, mechanism=mechanism, features=sorted(self.features))

    def on_message(self, stanza):
        if stanza["body"]:
            delay = stanza.get_plugin("delay", check=True)
            emit("message", **{"from": stanza["from"].full, "body": stanza["body"], "type": stanza["type"],
                               "delayed": delay is not None,
                               "stanza_id": stanza["stanza_id"]["id"] if stanza.get_plugin("stanza_id", check=True) else None})

    def on_presence(self, stanza):
        emit("presence", **{"from": stanza["from"].full, "type": stanza["type"], "status": stanza["status"]})

    def on_disconnected(self, _):
        emit("offline")
        asyncio.get_event_loop().stop()


async def commands(client):
    reader = asyncio.StreamReader()
    await client.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        match command["do"]:
            case "message":
                client.send_message(mto=command["to"], mbody=command["body"], mtype="chat")
            case "presence":
                client.send_presence(pshow=command.get("show"), pstatus=command.get("status"))
            case "subscribe":
                client.send_presence_subscription(pto=command["to"])
            case "roster":
                items = {jid: client.client_roster[jid]["subscription"] for jid in client.client_roster.keys()}
                emit("roster", items=items)
            case "ping":
                rtt = await client["xep_0199"].ping(jid=command["to"])
                emit("pong", ms=round(rtt * 1000))
            case "disconnect":
                client.disconnect()
    client.disconnect()


def main():
    jid, password, host, port = sys.argv[1:5]
    mechanism = sys.argv[5] if len(sys.argv) > 5 else None
    client = Client(jid, password, mechanism)
    # The event loop itself refers to neither the task nor its reader: without a name of its own both may be collected at any time.
    task = client.loop.create_task(commands(client))
    client.connect(address=(host, int(port)))
    client.loop.run_forever()
    task.cancel()


main()
