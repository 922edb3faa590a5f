"""The buttons of a rollout as commands for scripts."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from dashboard.rollouts.models import Rollout
from dashboard.rollouts.page.buttons import Button


def commands_of(rollout: Rollout, buttons: Sequence[Button], api: str) -> list[tuple[str, str]]:
    """(title, text) of a shell command and a curl command; `api` is the API's base URL."""
    return [
        ("shell", _lines(buttons, [_shell(rollout, button) for button in buttons])),
        ("curl", _lines(buttons, [_curl(rollout, button, api) for button in buttons])),
    ]


def _lines(buttons: Sequence[Button], commands: Sequence[str]) -> str:
    pairs = zip(buttons, commands, strict=True)
    return "\n".join(f"# {button.words}\n{command}" for button, command in pairs)


def _shell(rollout: Rollout, button: Button) -> str:
    to = f" --to {_first_share(button)}" if button.choices else ""
    return f"manage.py rollout {button.verb} --worker {rollout.worker.name}{to} --user YOU"


def _curl(rollout: Rollout, button: Button, api: str) -> str:
    """Includes deployment and step, so that the API refuses an outdated command."""
    address = f"{api}/workers/{rollout.worker.name}/rollouts/{rollout.pk}/{button.verb}"
    body: dict[str, object] = {"deployment_id": rollout.deployment_id, "step": rollout.step}
    if button.choices:
        body["to"] = _first_share(button)
    return (
        f"curl -X POST {shlex.quote(address)} \\\n"
        '  -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN" \\\n'
        f"  -H 'Content-Type: application/json' -d {shlex.quote(json.dumps(body))}"
    )


def _first_share(button: Button) -> str:
    return button.choices[-1].rstrip("%")
