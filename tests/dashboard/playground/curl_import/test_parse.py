"""curl commands as people paste them: read whole, or said what was left out."""

import pytest

from dashboard.playground.curl_import.options import SWITCHES, WITH_VALUE
from dashboard.playground.curl_import.parse import BOUNDARY, NotCurl, read
from dashboard.playground.request.code_export import as_curl, as_fetch, as_httpx
from dashboard.playground.request.form import compose

BROWSER = r"""curl 'https://shop.example/api/quote?x=1' \
  -X 'POST' \
  -H 'accept: application/json' \
  -H 'content-type: application/json' \
  -H 'cookie: sid=abc; theme=dark' \
  --data-raw $'{"note":"it\'s \u00e4 test\\n"}' \
  --compressed"""


def fields(command):
    return read(command).fields


def test_1_a_bare_address():
    found = read("curl shop.localhost:8787")
    assert (found.host, found.fields["method"], found.fields["path"]) == (
        "shop.localhost",
        "GET",
        "/",
    )


def test_2_as_browsers_copy_it():
    found = fields(BROWSER)
    assert found["method"] == "POST" and found["path"] == "/api/quote?x=1"
    assert found["body"] == '{"note":"it\'s ä test\\n"}' and found["kind"] == "json"
    assert "cookie: sid=abc; theme=dark" in found["headers"]


def test_3_several_pieces_of_data_are_joined():
    found = fields("curl -d a=1 -d b=2 --data-urlencode 'c=x y&z' http://shop/")
    assert found["body"] == "a=1&b=2&c=x+y%26z" and found["method"] == "POST"
    assert "content-type: application/x-www-form-urlencoded" in found["headers"]


def test_4_get_puts_the_data_into_the_query():
    found = fields("curl -G http://shop/search?lang=de -d q=tea --data-urlencode 'n=a b'")
    assert (found["method"], found["path"]) == ("GET", "/search?lang=de&q=tea&n=a+b")
    assert "body" not in found


def test_5_json_brings_its_headers():
    found = fields("""curl --json '{"a": 1}' http://shop/x""")
    assert (found["kind"], found["body"], found["method"]) == ("json", '{"a": 1}', "POST")
    assert found["headers"] == "accept: application/json"


def test_6_a_form_becomes_multipart():
    found = read("curl -F name=tea -F 'file=@mug.png' http://shop/upload")
    body = compose("shop", found.fields).content.decode()
    assert f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="name"\r\n\r\ntea\r\n' in body
    assert "multipart/form-data; boundary=" in found.fields["headers"]
    assert any("mug.png" in note for note in found.notes)


def test_7_a_name_and_password():
    found = fields("curl -sSL -u maya:s3cret -XDELETE http://shop/basket/88")
    assert (found["auth"], found["user"], found["password"]) == ("basic", "maya", "s3cret")
    assert found["method"] == "DELETE"


def test_8_a_bearer_token_a_head_and_an_agent():
    found = fields("curl -I --oauth2-bearer tok -A me/1 -e http://from/ --url http://shop/healthz")
    assert (found["method"], found["auth"], found["token"]) == ("HEAD", "bearer", "tok")
    assert found["headers"] == "user-agent: me/1\nreferer: http://from/"


def test_9_our_own_headers_find_their_fields():
    found = read(
        "curl http://127.0.0.1:8787/cart -H 'Host: shop.localhost:8787' "
        """-H 'Cloudflare-Workers-Version-Overrides: shop="abc"' """
        "-H 'cloudflare-workers-version-key: user-1'"
    )
    assert found.host == "shop.localhost"
    assert (found.fields["mode"], found.fields["raw"]) == ("raw", 'shop="abc"')
    assert found.fields["key"] == "user-1"


def test_10_proxies_files_and_odd_options_are_left_out_and_said():
    found = read(
        "curl -x http://127.0.0.1:9 --resolve shop:80:127.0.0.1 -b jar.txt -d @body.json "
        "-H 'Transfer-Encoding: chunked' --made-up -o out http://shop/"
    )
    said = " ".join(found.notes)
    for word in ("Proxies", "jar.txt", "@body.json", "Transfer-Encoding", "--made-up"):
        assert word in said
    assert found.fields["headers"] == "content-type: application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "text", ["", "wget http://x/", "curl", "curl 'http://x", "curl -H", "curl http://[::1"]
)
def test_what_is_no_command_is_said(text):
    with pytest.raises(NotCurl):
        read(text)


def test_an_exported_command_is_read_back():
    sent = {"method": "PUT", "path": "/a?b=c d", "headers": "x-one: it's", "kind": "json"}
    asked = compose("shop", sent | {"body": '{"a": "ü"}', "key": "k", "version": "v"})
    found = read(as_curl(asked))
    again = compose("shop", found.fields)
    assert sorted(again.lines) == sorted(asked.lines)
    assert (again.method, again.target, again.content) == (
        asked.method,
        asked.target,
        asked.content,
    )


@pytest.mark.parametrize(
    "options",
    [
        *("-fsS --retry 5 --retry-delay 2", "--max-redirs 3", "--limit-rate 1k", "--noproxy '*'"),
        *("-4", "-sSLo out -m5", "--no-buffer", "--no-keepalive", "--retry=5", "-w '%{http_code}'"),
        *("--connect-timeout 2 --made-up", "--tls-max 1.2", "-y 1 -Y 2", "--max-red 3", "--"),
    ],
)
@pytest.mark.parametrize("where", ["{} {}", "{1} {0}"])
def test_no_value_of_an_option_is_taken_for_the_address(options, where):
    if options == "--" and where != "{} {}":
        return
    url = "http://shop.localhost:8787/echo?x=1"
    found = read(f"curl {where.format(options, url)}")
    assert (found.host, found.fields["path"]) == ("shop.localhost", "/echo?x=1")
    assert found.fields["method"] == "GET"


def test_an_unknown_options_value_is_not_the_address():
    assert read("curl --made-up shop http://shop.localhost/a").fields["path"] == "/a"
    assert read("curl --made-up 5 shop.localhost:8787/a").host == "shop.localhost"


def test_no_option_of_curl_takes_the_address_away():
    """Each of them, with what it takes."""
    redefining = {"url", "next", "request-target", "url-query", "get", "data", "config", "json"}
    for name in sorted((WITH_VALUE | SWITCHES) - redefining):
        value = " 5" if name in WITH_VALUE else ""
        found = read(f"curl --{name}{value} http://shop.localhost:8787/echo?x=1")
        assert (found.host, found.fields["path"]) == ("shop.localhost", "/echo?x=1"), name


def test_a_range_is_a_header():
    assert fields("curl -r 0-10 http://shop/a")["headers"] == "range: bytes=0-10"


def test_several_lines_of_overrides_are_one_field():
    name = "Cloudflare-Workers-Version-Overrides"
    found = fields(f"""curl http://shop/ -H '{name}: a="1"' -H '{name.lower()}: b="2"'""")
    assert found["raw"] == 'a="1", b="2"'


def test_line_ends_of_a_body_stay():
    found = fields("curl http://shop/ -H 'Content-Type: text/plain' --data-raw $'a\\r\\nb\\r\\n'")
    assert (found["body"], found["line_breaks"]) == ("a\nb\n", "crlf")
    assert compose("shop", found).content == b"a\r\nb\r\n"
    mixed = read("curl http://shop/ --data-raw $'a\\r\\nb\\n'")
    assert "line breaks" in mixed.notes[0]


def test_an_emoji_as_browsers_copy_it():
    assert fields(r"curl http://shop/ --data-raw $'\ud83d\ude80 \xe2\x80\x99'")["body"] == "🚀 ’"
    half = compose("shop", fields(r"curl http://shop/ --data-raw $'\ud83d'"))
    assert half.content.decode("utf-8")


def test_braces_are_several_requests_unless_switched_off():
    found = read("curl 'http://shop/{a,b}/[1-3]'")
    assert found.fields["path"] == "/a/1" and "first one" in found.notes[0]
    assert fields("curl -g 'http://shop/{a,b}'")["path"] == "/{a,b}"
    assert fields("curl 'http://shop/{{id}}'")["path"] == "/{{id}}"


def test_exports_keep_the_names_of_variables():
    asked = compose(
        "shop",
        {"auth": "bearer", "token": "{{token}}", "path": "/{{id}}"},
        {"token": "s3cret-value", "id": "7"},
    )
    for text in (as_curl(asked), as_fetch(asked), as_httpx(asked)):
        assert "s3cret-value" not in text and "{{token}}" in text
