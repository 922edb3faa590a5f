"""The commands of one Worker that have no button: for wrangler, CI and scripts."""

from __future__ import annotations

from django.conf import settings

from dashboard.workers import messages
from dashboard.workers.queries.cli_commands import Commands
from routing.models import Worker


def everyday_commands(worker: Worker) -> Commands:
    """(what it does, the command)."""
    name = worker.name
    return [
        (messages.UPLOAD_COMMAND, f"npx wrangler versions upload --name {name}"),
        (messages.DEPLOY_COMMAND, f"npx wrangler deploy --name {name}"),
        (messages.TAIL_COMMAND, f"npx wrangler tail {name}"),
    ]


def delete_commands(worker: Worker, *, force: bool = False) -> Commands:
    """As the button does, but without its check of what is live."""
    address = f"accounts/{settings.ACCOUNT_ID}/workers/scripts/{worker.name}"
    address += "?force=true" if force else ""
    curl = " \\\n  ".join(
        [
            f'curl -X DELETE "$CLOUDFLARE_API_BASE_URL/{address}"',
            '-H "Authorization: Bearer $CLOUDFLARE_API_TOKEN"',
        ]
    )
    wrangler = f"npx wrangler delete --name {worker.name}" + (" --force" if force else "")
    return [("wrangler delete", wrangler), ("curl", curl)]
