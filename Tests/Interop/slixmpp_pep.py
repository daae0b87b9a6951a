"""A client that publishes, and follows what its contacts publish, with slixmpp's own plugins for PEP (XEP-0163), avatars (XEP-0084) and capabilities (XEP-0115).

slixmpp_pep.py <jid> <password> <address> <port>
commands  those of slixmpp_client.py, and
          {"do": "avatar", "data": base64}   {"do": "devices", "ids": […]}   {"do": "retract", "node": …, "id": …}
          {"do": "fetch", "of": …, "id": …}   {"do": "info", "of": …}   {"do": "items", "of": …}
events    those of slixmpp_client.py, and published, retracted, item, avatar, info, items, and denied with the condition
"""

import base64

from slixmpp.exceptions import IqError
from slixmpp.xmlstream import ET

from slixmpp_client import Client, main, report

DEVICES = "eu.siacs.conversations.axolotl.devicelist"
AXOLOTL = "eu.siacs.conversations.axolotl"


class PepClient(Client):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        self.register_plugin("xep_0084")
        self.add_event_handler("session_bind", lambda _: self["xep_0163"].add_interest(DEVICES))
        self.add_event_handler("pubsub_publish", self.came)
        self.add_event_handler("pubsub_retract", self.came)

    def message_received(self, message):
        # Notifications have an event of their own.
        if message["type"] != "headline":
            super().message_received(message)

    def came(self, message):
        items = message.xml.find("{http://jabber.org/protocol/pubsub#event}event/{http://jabber.org/protocol/pubsub#event}items")
        for item in items:
            devices = [int(device.get("id")) for device in item.iter(f"{{{AXOLOTL}}}device")]
            report("item", **{
                "from": str(message["from"]), "to": str(message["to"]), "type": message["type"], "node": items.get("node"), "id": item.get("id"),
                "kind": item.tag.split("}")[1], "devices": devices})

    async def obey(self, command):
        try:
            await self.follow(command)
        except IqError as refusal:
            report("denied", do=command["do"], condition=refusal.iq["error"]["condition"], type=refusal.iq["error"]["type"])

    async def follow(self, command):
        do = command["do"]
        if do == "avatar":
            data = base64.b64decode(command["data"])
            name = self["xep_0084"].generate_id(data)
            await self["xep_0084"].publish_avatar(data)
            await self["xep_0084"].publish_avatar_metadata({"id": name, "type": "image/png", "bytes": len(data)})
            report("published", id=name)
        elif do == "devices":
            devices = ET.Element(f"{{{AXOLOTL}}}list")
            for device in command["ids"]:
                devices.append(ET.Element(f"{{{AXOLOTL}}}device", {"id": str(device)}))
            await self["xep_0060"].publish(None, DEVICES, id="current", payload=devices)
            report("published", id="current")
        elif do == "retract":
            await self["xep_0060"].retract(None, command["node"], command["id"], notify="true")
            report("retracted", id=command["id"])
        elif do == "fetch":
            answer = await self["xep_0084"].retrieve_avatar(command["of"], command["id"])
            data = answer["pubsub"]["items"]["item"]["avatar_data"]["value"]
            report("avatar", **{"from": str(answer["from"]), "data": base64.b64encode(data).decode()})
        elif do == "info":
            info = (await self["xep_0030"].get_info(jid=command["of"]))["disco_info"]
            report("info", identities=sorted(f"{one[0]}/{one[1]}" for one in info["identities"]), features=sorted(info["features"]))
        elif do == "items":
            items = (await self["xep_0030"].get_items(jid=command["of"]))["disco_items"]
            report("items", nodes=sorted(str(node) for _, node, _ in items["items"]))
        else:
            await super().obey(command)


if __name__ == "__main__":
    main(PepClient)
