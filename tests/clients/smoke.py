#!/usr/bin/env python3
"""The smoke story of Sotto, lived by python-socketio's asyncio client over websocket, then over polling.

Usage: smoke.py <server URL> [--origin ORIGIN] [--transport websocket|polling]

Two people register, log in, become friends, make a DM, talk, read history. Prints a line per step and
«N passed, 0 failed»; exits with 1 at the first mismatch, 2 on wrong usage.
"""

import argparse
import asyncio
import hashlib
import os
import struct
import sys
from urllib.parse import urlsplit

import socketio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

# How long an answer or a notice may take before the story fails: a deadline, never a pause.
PATIENCE = 20


class Mismatch(Exception):
    """The server answered other than the protocol says."""


def expect(got, wanted, what):
    """Fails unless both are equal."""
    if got != wanted:
        raise Mismatch(f"{what}: got {got!r}, wanted {wanted!r}")


def v(data: bytes) -> bytes:
    """A length of four bytes, then the bytes."""
    return struct.pack(">I", len(data)) + data


def t(label: str, *fields: bytes) -> bytes:
    """The injective encoding that everything signed goes through (C-102)."""
    return v(f"sotto/1/{label}".encode()) + bytes([len(fields)]) + b"".join(map(v, fields))


def origin_of(url: str) -> str:
    """The WHATWG origin: lower case, without a default port."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}[parts.scheme]
    port = f":{parts.port}" if parts.port not in (None, default) else ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


class Person:
    """Someone with an identity and one connection."""

    def __init__(self, name: str, url: str, origin: str, transport: str):
        self.username = f"{name}-{os.urandom(3).hex()}"
        self.url, self.origin, self.transport = url, origin, transport
        self.key = Ed25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes_raw()
        self.spk = X25519PrivateKey.generate().public_key().public_bytes_raw().hex()
        self.notices: asyncio.Queue = asyncio.Queue()
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("*", self._receive)

    async def _receive(self, event, payload):
        # What a handler returns is the ack: an invitation is acked as it arrives.
        await self.notices.put((event, payload))
        return True

    def sign(self, hexed: str) -> str:
        """The signature over the bytes behind the hex."""
        return self.key.sign(bytes.fromhex(hexed)).hex()

    async def connect(self):
        await self.client.connect(self.url, transports=[self.transport], wait_timeout=PATIENCE)
        expect(self.client.transport(), self.transport, "transport in use")

    async def ok(self, event: str, data: dict):
        """Asks and returns the result; fails on a refusal."""
        reply = await self.client.call(event, data, timeout=PATIENCE)
        if not isinstance(reply, dict) or reply.get("success") is not True or set(reply) != {"success", "result"}:
            raise Mismatch(f"{self.username}: {event} {data!r} → {reply!r}")
        return reply["result"]

    async def done(self, event: str, data: dict):
        """Asks and fails unless the answer is `true`."""
        expect(await self.ok(event, data), True, event)

    async def refused(self, code: str, event: str, data: dict):
        """Asks and fails unless refused with this code."""
        reply = await self.client.call(event, data, timeout=PATIENCE)
        expect((reply["success"], reply.get("code")), (False, code), f"{event} {data!r}")

    async def notice(self, name: str, fits=lambda _: True):
        """The next notice of this name that fits; others that come before it are let go."""
        skipped = []
        while True:
            try:
                event, payload = await asyncio.wait_for(self.notices.get(), PATIENCE)
            except asyncio.TimeoutError:
                raise Mismatch(f"{self.username}: no {name} in {PATIENCE} s; meanwhile: {skipped!r}") from None
            if event == name and fits(payload):
                return payload
            skipped.append(event)

    async def register(self):
        await self.done(
            "register",
            {
                "username": self.username,
                "public_key": self.public.hex(),
                "spk": self.spk,
                "sig": self.sign(self.spk),
                "own_storage": "",
            },
        )

    async def login(self):
        challenge = await self.ok("login", {"username": self.username})
        said = t("login", self.origin.encode(), self.username.encode(), self.public, bytes.fromhex(challenge))
        await self.done("login_challenge_response", {"response": self.key.sign(said).hex()})


def steps(url: str, origin: str, transport: str):
    """The story as (what, coroutine function) pairs over one shared state."""
    ann, ben = (Person(name, url, origin, transport) for name in ("ann", "ben"))
    dm = None
    said = []

    async def connect():
        await asyncio.gather(ann.connect(), ben.connect())

    async def register():
        for person in (ann, ben):
            expect(await person.ok("username_exists", {"username": person.username}), False, "name is free")
            await person.register()
            expect(await person.ok("username_exists", {"username": person.username}), True, "name is taken")

    async def login():
        await ann.refused("not_logged_in", "get_dms", {})
        await asyncio.gather(ann.login(), ben.login())
        await ann.refused("unknown_event", "make_tea", {})
        await ann.refused("invalid_request", "get_user", {"username": 7})

    async def friends():
        await ann.done("send_friend_request", {"username": ben.username})
        expect(await ben.notice("friend_request_notification"), {"username": ann.username}, "request")
        await ben.done("ack_friend_request", {"username": ann.username, "accept": True})
        answer = await ann.notice("friend_request_accept_notification")
        expect(answer, {"username": ben.username, "accept": True}, "answer")
        expect(await ann.ok("get_friends", {}), [ben.username], "friends")

    async def create_dm():
        nonlocal dm
        spk = (await ann.ok("get_user", {"username": ben.username}))["spk"]
        expect(spk, ben.spk, "prekey")
        ek, tree = os.urandom(32).hex(), [os.urandom(32).hex() for _ in range(2)]
        dm = await ann.ok(
            "create_dm", {"usernames": [ben.username], "messages": [{"ek": ek, "spk": spk}], "key_tree": tree}
        )
        invitation = await ben.notice("x3dh_notification")
        wanted = {"sender": ann.username, "ik": ann.public.hex(), "spk": spk, "ek": ek}
        expect(invitation, wanted | {"key_tree": tree, "position": 1, "id": dm}, "invitation")
        for person in (ann, ben):
            told = await person.notice("dm_notification")
            expect((told["id"], told["users"]), (dm, [ann.username, ben.username]), "dm_notification")

    async def talk():
        for sender, text in ((ann, b"hello"), (ben, b"hello back"), (ann, b"how are you?")):
            message = (text + hashlib.sha256(os.urandom(8)).digest()).hex()
            request = {"id": dm, "message": message, "signature": sender.sign(message), "schedule": 0, "delete": 0}
            await sender.done("send_message", request)
            heard = [await p.notice("message_notification", lambda m: m["message"] == message) for p in (ann, ben)]
            expect(heard[0], heard[1], "both hear the same")
            expect((heard[0]["sender"], heard[0]["dm_id"]), (sender.username, dm), "sender and DM")
            # Raises unless it holds.
            Ed25519PublicKey.from_public_bytes(sender.public).verify(
                bytes.fromhex(heard[0]["signature"]), bytes.fromhex(message)
            )
            said.insert(0, heard[0])

    async def history():
        expect(await ben.ok("get_message_history", {"id": dm, "cursor": None, "count": 50}), said, "history")
        page = await ben.ok("get_message_history", {"id": dm, "cursor": said[0]["timestamp"], "count": 1})
        expect(page, said[1:2], "second page")
        expect((await ann.ok("get_dm", {"id": dm}))["latest_message"], said[0], "latest message")

    async def leave():
        await asyncio.gather(ann.client.disconnect(), ben.client.disconnect())

    return [
        ("connect", connect),
        ("register", register),
        ("log in", login),
        ("become friends", friends),
        ("create a DM", create_dm),
        ("talk", talk),
        ("read history", history),
        ("leave", leave),
    ]


async def main() -> int:
    parser = argparse.ArgumentParser(description="The smoke story of Sotto with python-socketio.")
    parser.add_argument("url")
    parser.add_argument("--origin", help="the server's public origin; by default that of the URL")
    parser.add_argument("--transport", choices=["websocket", "polling"], action="append")
    args = parser.parse_args()
    origin = args.origin or origin_of(args.url)
    passed = 0
    for transport in args.transport or ["websocket", "polling"]:
        for what, step in steps(args.url, origin, transport):
            try:
                await step()
            except Exception as error:  # pylint: disable=broad-except  # whatever it is, the story fails with it
                print(f"FAIL {transport}: {what}\n     {type(error).__name__}: {error}")
                print(f"{passed} passed, 1 failed")
                return 1
            passed += 1
            print(f"ok   {transport}: {what}", flush=True)
    print(f"{passed} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
