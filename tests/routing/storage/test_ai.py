"""env.AI.run() of a real version, with the real state process and a host of OpenAI's API."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from routing.agent.base.capnp_config import encode, runtime
from routing.compile import names
from routing.compile.workerd import config as workerd
from routing.compile.workerd.binding_types.ai import KIND, TYPE
from routing.snapshot import BindingSpec, ModuleSpec, Secret
from routing.state_access import HEADER, header_value, state_key
from routing.storage.config import config
from routing.storage.server import sources
from routing.storage.sources import AiHost
from tests.ai_host import USAGE, ai_server
from tests.real.version_process import serve_version, stop
from tests.routing.compile.cases import make_version
from tests.running import free_port
from tests.state_process import KEY, state_process

CODE = b"""export default {
  async fetch(request, env) {
    try {
      if (request.method === "GET") return Response.json(await env.AI.models());
      const { model, inputs, options } = await request.json();
      const answer = await env.AI.run(model, inputs, options);
      return answer instanceof ReadableStream ? new Response(answer) : Response.json(answer);
    } catch (error) {
      return Response.json({ error: `${error.name} ${error.message}` });
    }
  },
};
"""
MESSAGES = [{"role": "user", "content": "Hello"}]
LLAMA = "@cf/meta/llama-3.1-8b-instruct"


@contextmanager
def version(folder: Path) -> Iterator[httpx.Client]:
    sha256 = hashlib.sha256(CODE).hexdigest()
    kind = "application/javascript+module"
    module = ModuleSpec(name="m.js", content_type=kind, sha256=sha256, size=len(CODE))
    value = header_value(state_key(KEY), KIND, "shop")
    binding = BindingSpec(name="AI", type=TYPE, secret=Secret(value))
    made = make_version(1, modules=(module,), main_module="m.js", exports=(), bindings=(binding,))
    compiled = workerd.config("shop", made, {sha256: CODE}, slot=0, runtime=runtime(), tail=False)
    process = serve_version(folder, made, encode(compiled), None)
    transport = httpx.HTTPTransport(uds=names.socket_file(made.id, names.socket()))
    try:
        with httpx.Client(transport=transport, base_url="http://w", timeout=30) as client:
            yield client
    finally:
        stop(process)


@pytest.mark.slow
def test_inputs_reach_the_host_and_answers_have_the_shape_of_workers_ai(folder: Path) -> None:
    with ai_server() as host:
        models = f"{LLAMA}=llama3"
        given = {"SLUICE_AI_URL": host.url, "SLUICE_AI_KEY": "s3cret", "SLUICE_AI_MODELS": models}
        with state_process(folder / "state", **given):
            os.link("state/state.sock", names.STATE_SOCKET)
            with version(folder) as client:

                def run(model: str, options: Any = None, **inputs: Any) -> httpx.Response:
                    sent = {"model": model, "inputs": inputs, "options": options or {}}
                    return client.post("/", json=sent)

                def called() -> tuple[str, Any]:
                    path, key, body = host.calls[-1]
                    assert key == "Bearer s3cret"
                    return path, body

                chat = run(LLAMA, messages=MESSAGES, max_tokens=9).json()
                assert chat == {"response": "Hi there", "tool_calls": [], "usage": USAGE}
                sent = {"model": "llama3", "messages": MESSAGES, "max_tokens": 9}
                assert called() == ("/v1/chat/completions", sent)
                tools = [{"name": "weather", "description": "d", "parameters": {}}]
                used = run("any", messages=MESSAGES, tools=tools).json()
                arguments = {"city": "Boston"}
                assert used["tool_calls"] == [
                    {"id": "c1", "name": "weather", "arguments": arguments}
                ]
                assert called()[1]["tools"] == [{"type": "function", "function": tools[0]}]
                assert run("any", prompt="Once").json()["response"] == "Once … the end"
                assert called() == ("/v1/completions", {"model": "any", "prompt": "Once"})
                vectors = run("bge", text=["a", "bcd"]).json()
                assert vectors == {"shape": [2, 2], "data": [[1.0, 0.5], [3.0, 0.5]]}
                for inputs in ({"messages": MESSAGES}, {"prompt": "Once"}):
                    events = run("any", **inputs, stream=True).text.split("\n\n")
                    texts = [json.loads(e.removeprefix("data: ")) for e in events[:-2]]
                    assert "".join(text["response"] for text in texts) == "Héllo"
                    assert texts[-1]["usage"] == USAGE and events[-2:] == ["data: [DONE]", ""]
                error = run("missing", messages=MESSAGES).json()["error"]
                assert error == "InferenceUpstreamError 3404: model 'missing' not found"
                assert "need messages, prompt or text" in run("any", image=[1]).json()["error"]
                assert client.get("/").json() == [{"id": "llama3", "name": "llama3"}]


@pytest.mark.slow
def test_a_host_that_is_away_is_an_error(folder: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    with state_process(folder / "state", SLUICE_AI_URL=url):
        os.link("state/state.sock", names.STATE_SOCKET)
        with version(folder) as client:
            answer = client.post("/", json={"model": "m", "inputs": {"prompt": "x"}}).json()
            assert "cannot be reached" in answer["error"] and "127.0.0.1" not in answer["error"]
        own = {
            HEADER: header_value(state_key(KEY), KIND, "shop"),
            "content-type": "application/json",
        }
        transport = httpx.HTTPTransport(uds=names.STATE_SOCKET)
        with httpx.Client(transport=transport, base_url="http://s", headers=own) as client:
            assert client.post("/run", content=iter([b"{}"])).status_code == 413  # of any length


@pytest.mark.slow
def test_without_a_host_a_call_says_so_and_a_forged_capability_is_refused(folder: Path) -> None:
    with state_process(folder / "state", SLUICE_AI_URL=""):
        os.link("state/state.sock", names.STATE_SOCKET)
        with version(folder) as client:
            answer = client.post("/", json={"model": "m", "inputs": {"prompt": "x"}}).json()
            assert "switched off" in answer["error"]
        forged = {HEADER: header_value(state_key("x" * 40), KIND, "shop")}
        transport = httpx.HTTPTransport(uds=names.STATE_SOCKET)
        with httpx.Client(transport=transport, base_url="http://s", headers=forged) as client:
            assert client.post("/run", json={}).status_code == 403


def test_only_the_ai_worker_gets_the_key_and_reaches_the_host() -> None:
    host = AiHost("https://ai.example.com/v1", "s3cret", {"a": "b"})
    services = config([b"k" * 32], replace(sources(Path("/data")), ai=host))["services"]
    assert [s["name"] for s in services if "s3cret" in json.dumps(s)] == ["ai"]
    [external] = [s["external"] for s in services if "external" in s]
    assert external["address"] == "ai.example.com:443"
    assert external["https"]["certificateHost"] == "ai.example.com"
    assert "s3cret" not in repr(host)
