"""The commands that do what the buttons do."""

import json
import shlex

from dashboard.workers.queries.cli_commands import deploy_commands, override_command
from routing.models import Worker

SHOP = Worker(name="shop")
PAIRS = [("aaaa", "33.333"), ("bbbb", "66.667")]


def test_wrangler_gets_ids_percentages_and_the_message_quoted():
    _, text = deploy_commands(SHOP, PAIRS, "it's $HOME `now`")[0]
    words = shlex.split(text.replace("\\\n", " "))
    assert words[:3] == ["npx", "wrangler", "versions"]
    assert "aaaa@33.333%" in words and "bbbb@66.667%" in words
    assert words[words.index("--message") + 1] == "it's $HOME `now`"


def test_curl_sends_the_same_as_json():
    _, text = deploy_commands(SHOP, [("aaaa", "100")], "it's")[1]
    words = shlex.split(text.replace("\\\n", " "))
    body = json.loads(words[words.index("-d") + 1])
    assert body["versions"] == [{"version_id": "aaaa", "percentage": 100}]
    assert body["annotations"] == {"workers/message": "it's"}


def test_the_override_is_one_header(settings):
    settings.EDGE_PORT = 8787
    words = shlex.split(override_command(SHOP, "aaaa").replace("\\\n", " "))
    assert words == [
        "curl",
        "http://shop.localhost:8787/",
        "-H",
        'Cloudflare-Workers-Version-Overrides: shop="aaaa"',
    ]
