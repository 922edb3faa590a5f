"""curl itself as the judge: of its options, of what is imported, of what is exported."""

import re
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dashboard.playground.curl_import.options import SHORT, SWITCHES, WITH_VALUE
from dashboard.playground.curl_import.parse import read
from dashboard.playground.request.code_export import as_curl
from dashboard.playground.request.form import compose
from tests.dashboard.playground.fake_edge import fake_edge

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")

#: What curl adds or HTTP needs; the playground has no such lines.
OWN = {"host", "user-agent", "accept", "content-length", "accept-encoding"}


@pytest.fixture(scope="module")
def listener():
    with fake_edge() as server:
        yield server


def run(listener, command):
    """The request that the command makes: method, target, lines, body; sent to the listener."""
    listener.requests.clear()
    port = listener.server_address[1]
    aside = f"command curl -q -s --max-time 5 --connect-to ::127.0.0.1:{port}"
    script = f'curl() {{ {aside} "$@"; }}\n{command}'
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    subprocess.run(["bash", "-c", script], env=env, capture_output=True, check=True)
    (request,) = listener.requests
    return shown(*request)


def shown(method, target, lines, body):
    kept = sorted((n.lower(), v.strip()) for n, v in lines if n.lower() not in OWN)
    # Python's server takes away all but one of the slashes in front.
    return method, "/" + target.lstrip("/"), kept, body


def composed(fields):
    asked = compose("shop", fields)
    assert not asked.errors, asked.errors
    return shown(asked.method, asked.target.decode(), asked.lines, asked.content)


def test_every_option_is_known_with_what_it_takes():
    """The table is curl 8.21's: an older curl has none that it lacks."""
    gone = {"ftp-ssl-reqd", "include", "sslv2"}
    out = subprocess.run(["curl", "--help", "all"], capture_output=True, text=True, check=True)
    lines = re.findall(r"^ *(?:-(.), )?--(\S+)( <[^>]+>| \[[^\]]+\])?", out.stdout, re.MULTILINE)
    assert len(lines) > 200
    for short, name, value in lines:
        plain = name if name in SWITCHES | WITH_VALUE else name.removeprefix("no-")
        assert plain in SWITCHES | WITH_VALUE or name in gone, name
        assert (plain in WITH_VALUE) == (bool(value) or name in ("preproxy", "proxy")) or (
            name == "help"
        ), name
        assert not short or SHORT.get(short) in (plain, "show-headers") or name == "help", name


@pytest.mark.parametrize(
    "options",
    [
        "/echo?x=1",
        "/a/../b/./c",
        "/a/../b --path-as-is",
        "'/[a]?' -g",
        "/ -d a=1 -d b=2 --data-urlencode 'c=x y&z~' --data-urlencode '=é' --data-urlencode 'q r'",
        "'/s?lang=de' -G -d q=tea --data-urlencode 'n=a b'",
        "'/s?lang=de' --url-query 'u=1 2' --url-query +v",
        """/ --json '{"a": 1}'""",
        """/ --json '{"a":' --json '1}' -H 'X-One: 1' -H 'X-One: 2'""",
        "/ -H 'X-Empty;' -H 'User-Agent:' -H 'X-Sp:   a  b  '",
        "/ -d x -H 'Content-Type:'",
        "/ -d '{}' -H 'Content-Type: application/json; charset=utf-8'",
        "/ -d 'no json' -H 'Content-Type: application/json'",
        "/ -u 'maya:s:3' -XDELETE",
        "/ --oauth2-bearer tok",
        "/ -A me/1 -e 'http://from/;auto' -r 0-10 -b 'a=1; b=2'",
        "/ -I",
        "/ -X PUT --data-binary $'a\\r\\nb\\xe2\\x80\\x99'",
        "/ -X OPTIONS --request-target '/other?x'",
        "/ -X PATCH --data-raw @x",
    ],
)
def test_what_is_imported_is_what_curl_sends(listener, options):
    command = f"curl http://shop.localhost:8787{options}"
    if options.startswith("'"):
        command = f"curl 'http://shop.localhost:8787{options[1:]}"
    assert composed(read(command).fields) == run(listener, command)


def test_a_form_has_the_parts_that_curl_sends(listener):
    command = """curl http://shop.localhost:8787/ -F 'a=1' -F 'b="x; y";type=text/x' """
    command += """--form-string 'c=@;type=z' -F 'd=3;type=text/html'"""
    _, _, lines, body = run(listener, command)
    boundary = dict(lines)["content-type"].partition("boundary=")[2]
    ours = composed(read(command).fields)
    other = dict(ours[2])["content-type"].partition("boundary=")[2]
    assert ours[3].replace(other.encode(), boundary.encode()) == body


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)
line = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{\x85\u2028\u2029"),
    max_size=12,
).map(str.strip)
requests = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]),
        "path": st.tuples(
            line
            | st.sampled_from(["{a,b}", "[1-3]", "/../x", "./", "a//b", '"<>|ü', "%41 %", "#?"]),
            line,
        ).map(lambda p: f"/{p[0]}?{p[1]}"),
        "headers": st.lists(line.map(lambda v: f"x-one: {v}".strip()), max_size=2).map("\n".join),
        "body": text,
        "line_breaks": st.sampled_from(["lf", "crlf"]),
        "kind": st.sampled_from(["text", "form"]),
        "key": line,
        "mode": st.just("raw"),
        "raw": line,
        "auth": st.sampled_from(["none", "basic"]),
        "user": line.map(lambda v: v.replace(":", "")),
    }
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(requests)
def test_an_exported_command_comes_back_and_sends_the_same(listener, fields):
    asked = compose("shop", fields)
    if asked.errors:
        return
    command = as_curl(asked)
    again = compose("shop", read(command).fields)
    assert (again.method, again.target, again.lines, again.content) == (
        asked.method,
        asked.target,
        asked.lines,
        asked.content,
    )
    assert run(listener, command) == shown(
        asked.method, asked.target.decode(), asked.lines, asked.content
    )
