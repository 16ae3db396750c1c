#!/usr/bin/python3
"""A real aioxmpp client: lines "JID TEXT" on stdin are sent, messages come out as lines "message JID TEXT".

usage: aioxmpp_client.py JID PASSWORD HOST PORT
"""
import asyncio
import sys

import aioxmpp
import aioxmpp.dispatcher


def on_message(stanza):
    if stanza.body:
        print("message", stanza.from_, stanza.body.any(), flush=True)


async def main():
    jid, password, host, port = sys.argv[1:5]
    client = aioxmpp.PresenceManagedClient(
        aioxmpp.JID.fromstr(jid),
        aioxmpp.make_security_layer(password, no_verify=True),
        override_peer=[(host, int(port), aioxmpp.connector.STARTTLSConnector())])
    dispatcher = client.summon(aioxmpp.dispatcher.SimpleMessageDispatcher)
    for kind in (aioxmpp.MessageType.CHAT, aioxmpp.MessageType.NORMAL):
        dispatcher.register_callback(kind, None, on_message)
    client.summon(aioxmpp.RosterClient)
    async with client.connected():
        print("online", flush=True)
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := (await reader.readline()).decode().rstrip("\n"):
            to, text = line.split(" ", 1)
            stanza = aioxmpp.Message(type_=aioxmpp.MessageType.CHAT, to=aioxmpp.JID.fromstr(to))
            stanza.body[None] = text
            await client.send(stanza)


asyncio.run(main())
