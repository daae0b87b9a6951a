"""One XMPP client, driven by lines of JSON: commands come on stdin, what happens goes to stdout.

slixmpp_client.py <jid> <password> <address> <port>
commands  {"do": "send", "to": …, "body": …}   {"do": "join", "room": …, "nick": …}   {"do": "say", "room": …, "body": …}   {"do": "quit"}
events    session, roster, push, message, presence, refused, failed, ended
"""

import asyncio
import json
import ssl
import sys

from slixmpp import ClientXMPP
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath


def report(event, **details):
    print(json.dumps({"event": event, **details}), flush=True)


MUC_USER = "{http://jabber.org/protocol/muc#user}"


def items(iq):
    return {
        str(jid): {"name": item["name"], "groups": sorted(item["groups"]), "subscription": item["subscription"]}
        for jid, item in iq["roster"]["items"].items()
    }


class Client(ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        self.register_plugin("xep_0045")
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("roster_update", self.roster_updated)
        self.add_event_handler("message", self.message_received)
        # Not the library's presence events: from its second one on, a room's presence raises none of them.
        self.register_handler(Callback("every presence", MatchXPath("{jabber:client}presence"), self.presence_received))
        for failure in ("failed_all_auth", "connection_failed", "stream_error"):
            self.add_event_handler(failure, lambda reason, kind=failure: report("failed", kind=kind, reason=str(reason)))
        self.add_event_handler("disconnected", lambda _: report("ended"))

    async def started(self, _):
        tls = self.transport.get_extra_info("ssl_object")
        report("session", jid=str(self.boundjid), tls=tls.version() if tls else None, mechanism=self["feature_mechanisms"].mech.name)
        report("roster", items=items(await self.get_roster()))
        self.send_presence()

    def roster_updated(self, iq):
        if iq["type"] == "set":
            report("push", items=items(iq))

    def message_received(self, message):
        report("message", **{"from": str(message["from"]), "type": message["type"], "body": message["body"]})

    def presence_received(self, presence):
        if presence["type"] == "error":
            report("refused", **{"from": str(presence["from"]), "condition": presence["error"]["condition"], "text": presence["error"]["text"]})
            return
        muc = presence.xml.find(MUC_USER + "x")
        statuses = [] if muc is None else sorted(int(status.get("code")) for status in muc.findall(MUC_USER + "status"))
        reason = None if muc is None else muc.findtext(f"{MUC_USER}item/{MUC_USER}reason")
        report("presence", **{"from": str(presence["from"]), "type": presence["type"], "statuses": statuses, "reason": reason})

    async def obey(self, command):
        if command["do"] == "send":
            self.send_message(mto=command["to"], mbody=command["body"], mtype="chat")
        elif command["do"] == "join":
            self["xep_0045"].join_muc(command["room"], command["nick"])
        elif command["do"] == "say":
            self.send_message(mto=command["room"], mbody=command["body"], mtype="groupchat")


async def obey(client):
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        command = json.loads(line)
        if command["do"] == "quit":
            break
        await client.obey(command)
    # Ended by us or by a driver that is gone: either way no client is left behind.
    await client.disconnect()


def main(kind):
    jid, password, address, port = sys.argv[1:]
    client = kind(jid, password)
    # A self-signed certificate is what a first start has.
    client.ssl_context.check_hostname = False
    client.ssl_context.verify_mode = ssl.CERT_NONE
    client.connect((address, int(port)), use_ssl=False, force_starttls=True)
    client.loop.run_until_complete(obey(client))


if __name__ == "__main__":
    main(Client)
