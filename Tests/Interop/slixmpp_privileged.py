"""An external component with slixmpp's own XEP-0356 plugin: python3 slixmpp_privileged.py domain secret address port. Its host is what stands behind the domain's first dot.
Commands come on stdin, what happens goes to stdout, each a line of JSON: {"do": "roster", "of": …}, {"do": "send", "as": …, "to": …, "body": …}, {"do": "features", "of": …},
{"do": "notify", "as": …, "to": …, "node": …, "id": …}; any other ends it.
"""

import asyncio
import json
import sys

import slixmpp
from slixmpp.exceptions import IqError
from slixmpp.plugins.xep_0060.stanza import EventItem
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath, StanzaPath


STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"


def emit(name, **values):
    print(json.dumps({"event": name, **values}), flush=True)


def items(iq):
    return {
        str(jid): {"name": item["name"], "groups": sorted(item["groups"]), "subscription": item["subscription"]}
        for jid, item in iq["roster"]["items"].items()
    }


class Component(slixmpp.ComponentXMPP):
    def __init__(self, domain, secret):
        super().__init__(domain, secret)
        # The plugin sends what is for the host to where the component connects, which is the same only with a name that resolves.
        self.server_host = domain.split(".", 1)[1]
        self.register_plugin("xep_0356")
        self.register_plugin("xep_0060")
        self.add_event_handler("privileges_advertised", lambda _=None: emit("privileges", **self["xep_0356"].granted_privileges))
        self.add_event_handler("stream_error", lambda error: emit("failed", condition=error["condition"]))
        self.register_handler(Callback("presence as it is", MatchXPath("{jabber:component:accept}presence"), self.presence_came))
        self.register_handler(Callback("pushes", StanzaPath("iq@type=set/roster"), self.push_came))

    def presence_came(self, presence):
        emit("presence", **{"from": str(presence["from"]), "type": presence["type"]})

    def push_came(self, iq):
        emit("push", **{"from": str(iq["from"]), "items": items(iq)})
        iq.reply().send()

    async def show_roster(self, jid):
        try:
            emit("roster", of=jid, items=items(await self["xep_0356"].get_roster(jid)))
        except IqError as refusal:
            # The library looks for errors in the clients' namespace only.
            emit("refused", of=jid, condition=next(child.tag for child in refusal.iq.xml.iter() if child.tag.startswith(STANZAS))[len(STANZAS):])

    def send_as(self, sender, to, body):
        message = slixmpp.Message()
        message["from"], message["to"], message["type"], message["body"] = sender, to, "chat", body
        self["xep_0356"].send_privileged_message(message)

    async def show_features(self, jid):
        try:
            info = (await self["xep_0030"].get_info(jid=jid, ifrom=self.boundjid.bare))["disco_info"]
            emit("features", of=jid, features=sorted(info["features"]))
        except IqError:
            emit("refused", of=jid)

    def notify_as(self, sender, to, node, name):
        message = slixmpp.Message()
        message["from"], message["to"], message["type"] = sender, to, "headline"
        message["pubsub_event"]["items"]["node"] = node
        item = EventItem()
        item["id"] = name
        message["pubsub_event"]["items"].append(item)
        self["xep_0356"].send_privileged_message(message)


async def obey(component):
    commands = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        command = json.loads(line)
        if command["do"] == "roster":
            await component.show_roster(command["of"])
        elif command["do"] == "send":
            component.send_as(command["as"], command["to"], command["body"])
        elif command["do"] == "features":
            await component.show_features(command["of"])
        elif command["do"] == "notify":
            component.notify_as(command["as"], command["to"], command["node"], command["id"])
        else:
            break


domain, secret, address, port = sys.argv[1:5]
component = Component(domain, secret)
component.connect(address, int(port))
component.loop.run_until_complete(obey(component))
