"""Uploads, really run: what is refused, in whose words, and what is learned about the rest."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import pytest

from routing.agent.inspection.inspection import Inspection, Refused, inspect
from routing.agent.inspection.runtime_date import newest_date
from routing.snapshot import BindingSpec, Export
from tests.real.uploads import Upload, upload

pytestmark = pytest.mark.real
HANDLES_FETCH = (Export(name="default", kind="object", handlers=("fetch",)),)
FETCH = "export default { fetch() { return new Response('hello'); } };"
CLASSES = "import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers';"
ADD = bytes.fromhex(
    "0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b"
)


def run(found: Upload) -> Inspection:
    return inspect(found.version, found.contents, worker="w")


def refusal(source: str, **more: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        run(upload(source, **more))
    return caught.value.kind, str(caught.value)


# --- accepted -------------------------------------------------------------------------------------


def test_a_plain_worker_is_ready_in_no_time() -> None:
    found = run(upload(FETCH))
    assert found.exports == HANDLES_FETCH
    assert 0 < found.startup_ms < 5000


def test_named_entrypoints_are_listed() -> None:
    source = f"""{CLASSES}
      export class Sums extends WorkerEntrypoint {{ add(a, b) {{ return a + b; }} }}
      export class Room extends DurableObject {{}}
      export const admin = {{ fetch() {{ return new Response(); }} }};
      export function helper() {{}}
      {FETCH}"""
    exports = {e.name: (e.kind, e.handlers) for e in run(upload(source)).exports}
    assert exports == {
        "Sums": ("WorkerEntrypoint", ()),
        "Room": ("DurableObject", ()),
        "admin": ("object", ("fetch",)),
        "helper": ("function", ()),
        "default": ("object", ("fetch",)),
    }


def test_only_named_entrypoints_will_do() -> None:
    found = run(upload(CLASSES + "export class Sums extends WorkerEntrypoint { add() {} }"))
    assert [e.name for e in found.exports] == ["Sums"]


def test_service_worker_syntax() -> None:
    source = "addEventListener('fetch', (e) => e.respondWith(new Response(GREETING)));"
    found = upload(
        source,
        service_worker=True,
        parts={"greeting": ("text/plain", b"hello")},
        bindings=[BindingSpec(name="GREETING", type="text_blob", options={"part": "greeting"})],
    )
    assert run(found).exports == HANDLES_FETCH


def test_wasm_text_data_json_and_common_js_modules() -> None:
    source = f"""
      import add from "./add.wasm";
      import note from "./note.txt";
      import blob from "./blob.bin";
      import data from "./data.json";
      import lib from "./lib.cjs";
      const {{ exports }} = new WebAssembly.Instance(add);
      const sum = exports.add(lib.one, data.two);
      if (sum !== 3 || note !== "hi" || blob.byteLength !== 4) throw new Error(`got ${{sum}}`);
      {FETCH}"""
    parts = {
        "add.wasm": ("application/wasm", ADD),
        "note.txt": ("text/plain", b"hi"),
        "blob.bin": ("application/octet-stream", b"1234"),
        "data.json": ("application/json", b'{"two": 2}'),
        "lib.cjs": ("application/javascript", b"exports.one = 1;"),
        "index.js.map": ("application/source-map", b"not even JSON"),
    }
    assert run(upload(source, parts=parts)).exports == HANDLES_FETCH


def test_nodejs_compat() -> None:
    source = f"import {{ createHash }} from 'node:crypto'; createHash('sha256'); {FETCH}"
    run(upload(source, compatibility_flags=("nodejs_compat",)))
    kind, message = refusal(source)
    assert kind == "startup" and 'No such module "node:crypto"' in message


def test_what_the_code_prints_is_not_taken_for_an_answer() -> None:
    found = run(upload("console.log('[]'); console.error('service main: no'); " + FETCH))
    assert found.exports == HANDLES_FETCH


def test_service_bindings_need_nobody_at_the_other_end() -> None:
    binding = BindingSpec(name="S", type="service", options={"service": "ghost", "entrypoint": "E"})
    assert run(upload(FETCH, bindings=[binding])).exports == HANDLES_FETCH


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source, message",
    [
        ("export default {", "Uncaught SyntaxError: Unexpected end of input\n  at index.js:1:16"),
        (
            "const x = {};\nx.y.z();",
            "Uncaught TypeError: Cannot read properties of undefined (reading 'z')\n"
            "  at index.js:2:5",
        ),
        ("throw 'plain'", "Uncaught Error: plain"),
        (
            "console.error('noise'); throw new Error('out of memory')",
            "Uncaught Error: out of memory",
        ),
        (
            'import "./nope.js";',
            'Uncaught Error: No such module "nope.js".\n  imported from "index.js"',
        ),
        ("await new Promise(() => {});", "Uncaught Error: Top-level await in module is unsettled."),
        (
            "export const x = 1;" + FETCH,
            "Uncaught TypeError: Incorrect type for map entry 'x': the provided value is not of "
            "type 'function or ExportedHandler'.",
        ),
    ],
)
def test_code_that_cannot_start_is_refused_in_the_runtimes_words(source: str, message: str) -> None:
    kind, said = refusal(source)
    assert kind == "startup"
    assert said.startswith(message)


def test_no_io_at_the_top_level() -> None:
    kind, message = refusal("await fetch('http://127.0.0.1/');" + FETCH)
    assert kind == "startup" and "not allowed within global scope" in message


@pytest.mark.parametrize("source", ["const x = 1;", "export default {};", "export {};"])
def test_no_handlers(source: str) -> None:
    nothing = "No event handlers were registered. This script does nothing."
    assert refusal(source) == ("no_handlers", nothing)


def test_no_handlers_in_service_worker_syntax() -> None:
    assert refusal("let a = 1;", service_worker=True)[0] == "no_handlers"
    assert refusal("let a = ;", service_worker=True)[0] == "startup"


def test_an_endless_loop_is_ended() -> None:
    started = time.monotonic()
    expected = ("startup_cpu", "Script startup exceeded CPU time limit.")
    assert refusal("for (;;) {}") == expected
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(
    "source",
    [
        "const all = []; for (;;) all.push(new Uint8Array(1 << 24).fill(1));",
        "const all = []; for (;;) all.push(new Array(1e5).fill(1.5));",
    ],
)
def test_a_memory_hog_is_ended(source: str) -> None:
    assert refusal(source) == ("startup_memory", "Script startup exceeded memory limits.")


def test_an_unsupported_binding() -> None:
    kind, message = refusal(FETCH, bindings=[BindingSpec(name="INDEX", type="vectorize")])
    assert kind == "binding" and '"INDEX" has type "vectorize"' in message


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"compatibility_flags": ("experimental",)}, "is experimental"),
        ({"compatibility_flags": ("unsafe_module",)}, "is experimental"),
        ({"compatibility_flags": ("no_such_flag",)}, "No such compatibility flag: no_such_flag"),
        ({"compatibility_date": "2026-13-01"}, "Invalid compatibility date: 2026-13-01"),
        ({"compatibility_date": "soon"}, "Invalid compatibility date: soon"),
    ],
)
def test_compatibility(fields: dict[str, Any], words: str) -> None:
    kind, message = refusal(FETCH, **fields)
    assert kind == "compatibility" and words in message


def test_a_date_after_the_newest_that_the_runtime_takes_is_run_with_that_one() -> None:
    newest = newest_date()
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", newest)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert newest <= today
    for asked in (today, newest, "2999-01-01"):
        run(upload(FETCH, compatibility_date=asked))


def test_broken_modules() -> None:
    kind, message = refusal(
        "import w from './a.wasm';" + FETCH, parts={"a.wasm": ("application/wasm", b"x")}
    )
    assert kind == "startup" and "CompileError" in message
    assert refusal(FETCH, parts={"../up.js": ("text/plain", b"x")})[0] == "module"
    assert refusal(FETCH, main_module="nope.js") == ("main_module", 'No such module "nope.js".')


def test_half_a_surrogate_pair_is_refused() -> None:
    text = BindingSpec(name="A", type="plain_text", options={"text": "\ud800"})
    assert refusal(FETCH, bindings=[text])[0] == "module"


def test_from_many_threads_at_once() -> None:
    found: list[Inspection] = []
    uploads = [upload(FETCH, bindings=[BindingSpec(name="V", type="version_metadata")])] * 6
    threads = [threading.Thread(target=lambda u=u: found.append(run(u))) for u in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
