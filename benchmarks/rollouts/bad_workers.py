"""A stable Worker and candidates that are bad in one way each, for
`benchmarks.rollouts.candidates`."""

from __future__ import annotations

from benchmarks.rollouts.turns import OWN_FAILURE

_SOURCE = """\
// VERSION
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const failed = () => new Response("FAILURE", { status: 500 });
const state = { requests: 0, second: 0, inSecond: 0, leak: [] };
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    state.requests += 1;
    let ms = 5 - 15 * Math.log(1 - Math.random());
    BADNESS
    await wait(ms);
    return new Response("ok");
  },
};
"""

BADNESS = {
    "5% errors": "if (Math.random() < 0.05) return failed();",
    "doubled p99": "if (ms > 39.5) ms *= 2;",  # the slowest tenth takes twice as long
    "crashes at start": "",
    "hangs": "if (state.requests % 10 === 0) for (;;);",
    "leaks memory": "state.leak.push(Array.from({ length: 60000 }, (_, i) => ({ i })));",
    "breaks a smoke path": 'if (pathname === "/checkout") return failed();',
    "fine until 25%": """
    const second = Math.floor(Date.now() / 1000);
    if (second !== state.second) [state.second, state.inSecond] = [second, 0];
    if (++state.inSecond > 6) return failed();""",
    "good": "",
}
"""What each does in `fetch`; a crash at start comes from outside, by a signal."""

SUITE = """\
name: smoke
checks:
  - name: home
    assert: [{status: 200}]
  - name: checkout
    request: {path: /checkout}
    assert: [{status: 200}, {text: ok}]
"""


def source(name: str) -> str:
    """The code of `stable`, or of a candidate by its name."""
    code = _SOURCE.replace("VERSION", name).replace("FAILURE", OWN_FAILURE)
    return code.replace("BADNESS", BADNESS.get(name, ""))
