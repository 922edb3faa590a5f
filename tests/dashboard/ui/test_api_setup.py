"""A command on a page reaches this server: never Cloudflare's own API, by what it leaves out."""

import html
import re
import shlex

import pytest
from django.conf import settings

from tests.factories import make_deployment, make_worker

pytestmark = pytest.mark.django_db
ACCOUNT = f"export CLOUDFLARE_ACCOUNT_ID={settings.ACCOUNT_ID}"


def commands(page):
    """The blocks with a command on a page, as they are copied."""
    text = page.content.decode()
    found = re.findall(r'data-copy="([^"]*)"', text) + re.findall(
        r'<pre class="code-block[^"]*"[^>]*>(.*?)</pre>', text, re.DOTALL
    )
    return [html.unescape(text) for text in found if "wrangler" in text or "/client/v4" in text]


@pytest.mark.parametrize(
    "path",
    [
        "/workers/",
        "/observability/",
        "/playground/",
        "/playground/compare/",
        "/playground/keys/",
        "/playground/many/",
        "/people/",
    ],
)
def test_an_empty_page_gives_the_whole_command(maya, path):
    page = maya.get(path, headers={"Host": "127.0.0.1:8123"})
    for command in commands(page):
        base, account, token, *rest = command.splitlines()
        assert base == "export CLOUDFLARE_API_BASE_URL=http://127.0.0.1:8123/client/v4"
        assert account == ACCOUNT and "${CLOUDFLARE_API_TOKEN:?" in token
        assert rest[0].startswith("npx wrangler ")
    assert commands(page)


def test_a_button_as_a_command_reaches_this_server_and_says_what_guards_it(maya):
    worker = make_worker("shop", versions=2)
    make_deployment(worker, (worker.versions.get(number=1), 100))
    page = maya.get("/workers/shop/")
    shown = [text for text in commands(page) if "versions deploy" in text or "curl" in text]
    assert len(shown) == 4  # wrangler and curl, each to read and to copy
    for text in shown:
        assert text.startswith("export CLOUDFLARE_API_BASE_URL=http://testserver/client/v4\n")
        assert ACCOUNT in text
    words = " ".join(page.content.decode().split())
    assert "wrangler has no conflict guard" in words and "curl, as here, has one" in words


def test_no_template_shows_a_command_of_wrangler_alone():
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        for line in path.read_text().splitlines():
            assert "npx wrangler" not in line or "{% api_command" in line, (path, line)


def test_the_block_is_a_script_that_a_shell_reads(maya):
    for line in commands(maya.get("/workers/"))[0].splitlines()[:3]:
        assert shlex.split(line)[0] == "export"
