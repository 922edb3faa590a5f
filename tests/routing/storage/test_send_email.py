"""send() of a real version, with the real outbox."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from routing.compile import names
from routing.compile.workerd.binding_types.send_email import KIND, TYPE, problem_of, rules_id
from routing.snapshot import BindingSpec, Secret
from routing.state_access import HEADER, header_value, state_key
from tests.routing.storage.running_version import running_version
from tests.state_process import KEY, state_process

CODE = b"""import { EmailMessage } from "cloudflare:email";
export default {
  async fetch(request, env) {
    const { from, to, raw, ...fields } = await request.json();
    try {
      const stream = new Response(raw).body;
      const message = raw ? new EmailMessage(from, to, stream) : { from, to, ...fields };
      return Response.json(await env.EMAIL.send(message));
    } catch (error) {
      return Response.json({ error: error.message });
    }
  },
};
"""
ME, OPS = "me@example.com", "ops@example.com"
RAW = f"From: Me <{ME}>\r\nTo: {OPS}\r\nSubject: Hi\r\nMessage-ID: <1@example.com>\r\n\r\nHello"


@asynccontextmanager
async def version(folder, number=1, forged=None, **options):
    """`forged` are the rules of the header instead of the binding's, without their capability."""
    binding = BindingSpec(name="EMAIL", type=TYPE, options=options)
    rules = rules_id("shop", binding)
    value = header_value(state_key(KEY), KIND, rules)
    if forged is not None:
        value = value.replace(rules, rules_id("shop", replace(binding, options=forged)))
    bound = replace(binding, secret=Secret(value))
    async with running_version(folder, CODE, bound, number) as client:

        async def send(**fields):
            sent = {"from": ME, "to": OPS} | {k.rstrip("_"): v for k, v in fields.items()}
            answer = (await client.post("/", json=sent)).json()
            return answer.get("error") or answer["messageId"]

        yield send


def outbox(path, **given):
    transport = httpx.HTTPTransport(uds=names.STATE_SOCKET)
    headers = {HEADER: header_value(state_key(KEY), KIND, "outbox")}
    with httpx.Client(transport=transport, base_url="http://s", headers=headers) as client:
        return client.post(path, json=given)


def stored():
    return outbox("/list", limit=100).json()["messages"]


@pytest.mark.slow
def test_messages_are_stored_and_addresses_checked(folder):
    async def check():
        with state_process(folder / "state"):
            os.link("state/state.sock", names.STATE_SOCKET)
            async with version(folder) as send:
                assert await send(raw=RAW) == "<1@example.com>"
                [row] = stored()
                assert (row["worker"], row["binding"], row["form"]) == ("shop", "EMAIL", "raw")
                assert (row["sender"], row["recipients"], row["subject"]) == (ME, [OPS], "Hi")
                assert outbox("/content", id=row["id"]).text == RAW
                large = RAW + "x" * 3_000_000
                assert await send(raw=large) == "<1@example.com>"
                assert outbox("/content", id=row["id"] + 1).text == large
                named = {"email": ME, "name": "Me"}
                several = [OPS, "Ann <ann@example.com>"]
                made = await send(from_=named, to=several, cc=ME, subject="S", text="T")
                assert made.endswith("@example.com>")
                assert stored()[0]["recipients"] == [OPS, "ann@example.com", ME]
                for problem, fields in {
                    "invalid message-id": {"raw": RAW.replace("Message-ID", "X")},
                    "invalid headers set": {"raw": "Received: x\r\n" + RAW},
                    "From: header does not match mail from": {"raw": RAW, "from_": OPS},
                    "the envelope is invalid": {"raw": RAW, "to": "ops"},
                    "the message has more than 5 MiB": {"raw": RAW + "x" * 5_300_000},
                    "send() needs a recipient": {"to": [], "text": "T"},
                }.items():
                    assert await send(**fields) == problem
                for end in ("\n", "\r"):
                    forged = RAW.replace(
                        "Message-ID", f"x: y{end}From: ceo@example.com\r\nMessage-ID"
                    )
                    assert "does not match" in await send(raw=forged)
                assert len(stored()) == 3
            rules = {"destination_address": OPS, "allowed_sender_addresses": [ME]}
            async with version(folder, 2, **rules) as send:
                assert await send(raw=RAW) == "<1@example.com>"
                assert await send(text="T", to=[OPS, ME]) == f"email to {ME} not allowed"
                assert await send(text="T", bcc=ME) == f"email to {ME} not allowed"
                assert await send(text="T", from_=OPS) == f"email from {OPS} not allowed"
            async with version(folder, 3, forged={}, **rules) as send:
                assert await send(text="T", to=ME) == "the message could not be stored"
            assert len(stored()) == 4

    asyncio.run(check())


@pytest.mark.slow
def test_a_lease_ends_and_settled_messages_stay_settled(folder):
    async def check():
        with state_process(folder / "state"):
            os.link("state/state.sock", names.STATE_SOCKET)
            async with version(folder) as send:
                await send(raw=RAW)
                await send(raw=RAW)
            first, second = outbox("/take", limit=5, lease_ms=300).json()["messages"]
            assert outbox("/take", limit=5, lease_ms=300).json()["messages"] == []
            outbox("/settle", id=first["id"], state="sent")
            await asyncio.sleep(0.4)
            [again] = outbox("/take", limit=5, lease_ms=60_000).json()["messages"]
            assert again["id"] == second["id"]
            outbox("/settle", id=second["id"], state="waiting", error="busy", wait_ms=100)
            await asyncio.sleep(0.2)
            [third] = outbox("/take", limit=5, lease_ms=60_000).json()["messages"]
            assert (third["attempts"], third["error"]) == (1, "busy")
            outbox("/settle", id=second["id"], state="failed", error="no")
            outbox("/settle", id=second["id"], state="sent")
            assert [row["state"] for row in stored()] == ["failed", "sent"]

    asyncio.run(check())


@pytest.mark.slow
def test_without_the_state_process_send_fails_at_once(folder):
    async def check():
        async with version(folder) as send:
            assert await send(raw=RAW) == "the outbox does not answer"

    asyncio.run(check())


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"destination_address": "ops"}, "destination_address"),
        ({"destination_address": OPS, "allowed_destination_addresses": [OPS]}, "exclude"),
        ({"allowed_destination_addresses": []}, "allowed_destination_addresses"),
        ({"allowed_sender_addresses": ["a b@example.com"]}, "allowed_sender_addresses"),
        ({"allowed_sender_addresses": OPS}, "allowed_sender_addresses"),
        ({"recipients": OPS}, "recipients"),
    ],
)
def test_a_bad_rule_names_its_field(options, field):
    assert field in problem_of(options)
    assert not problem_of({}) and not problem_of({"destination_address": OPS})
    assert not problem_of({"allowed_destination_addresses": [OPS]})
