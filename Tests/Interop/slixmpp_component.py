"""An external component (XEP-0114): python3 slixmpp_component.py domain secret address port. Sends every message back; events go out, each a line of JSON; a line on stdin ends it."""

import asyncio
import json
import sys

import slixmpp


class Component(slixmpp.ComponentXMPP):
    def __init__(self, domain, secret, address, port):
        super().__init__(domain, secret, address, port)
        self.add_event_handler("session_start", lambda _: emit("session"))
        self.add_event_handler("stream_error", lambda error: emit("failed", condition=error["condition"]))
        self.add_event_handler("message", self.echo)

    def echo(self, message):
        if message["type"] != "error":
            message.reply(message["body"]).send()


def emit(name, **values):
    print(json.dumps({"event": name, **values}), flush=True)


async def until_told_to_quit():
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.readline)


domain, secret, address, port = sys.argv[1:5]
component = Component(domain, secret, address, int(port))
component.connect()
component.loop.run_until_complete(until_told_to_quit())
