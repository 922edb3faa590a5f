"""Texts of `make run`, `make stop` and `make restart` in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from dashboard.installation.first_admin import FirstCredentials
from routing.control.publish import hostname, url_of
from routing.models import Share


def step(text: str) -> None:
    print(f"  {text}…", flush=True)


def withheld(workers: Mapping[str, str]) -> None:
    """Warns about Workers that are missing in the snapshot."""
    for name, why in workers.items():
        warning = f"The Worker {name} is not published; edges keep its last deployment. {why}"
        print(f"\n{warning}", flush=True)


def greet(shown: FirstCredentials | None, at: Mapping[str, str]) -> None:
    """URLs, first credentials and three commands to try."""
    print(f"\nSluice is running.\n\n  Dashboard  {at['dashboard']}")
    print(f"  Edge       {at['edge']}   (Workers answer at {url_of(f'<name>.{settings.DOMAIN}')})")
    print(f"  API        {at['api_base']}")
    if shown is not None:
        _once(shown)
    _commands(shown, at)
    print(
        "\nCtrl-C stops everything; your data stays. `make restart` loads new code.",
        flush=True,
    )


def _once(shown: FirstCredentials) -> None:
    password = shown.password or "(the one in SLUICE_ADMIN_PASSWORD)"
    print("\nShown once; write it down:\n")
    print(f"  Sign in    {shown.username}  {password}")
    print(f"  API token  {shown.token}")
    if shown.weak_because:
        print(f"\nThe password in SLUICE_ADMIN_PASSWORD is weak. {' '.join(shown.weak_because)}")
        print("Change it under Your account.")


def _commands(shown: FirstCredentials | None, at: Mapping[str, str]) -> None:
    print("\nTry:\n")
    share = _staged()
    if share is not None:
        name = share.version.worker.name
        url = f"{url_of(hostname(name))}/"
        override = f'Cloudflare-Workers-Version-Overrides: {name}="{share.version_id}"'
        print(f"  curl {url}")
        print(f"  curl {url} -H '{override}'")
    token = shown.token if shown else "<your token>"
    print(
        f"  CLOUDFLARE_API_BASE_URL={at['api_base']} CLOUDFLARE_ACCOUNT_ID={at['account_id']} \\\n"
        f"    CLOUDFLARE_API_TOKEN={token} npx wrangler deployments status --name hello"
    )


def _staged() -> Share | None:
    """A version at 0% to try an override on."""
    shares = Share.objects.filter(weight=0).select_related("version__worker")
    return shares.order_by("version__worker__name", "-deployment__number").first()


def ended(name: str, log: Path, wait: float) -> None:
    """One process has ended. `wait`: seconds until it is started again."""
    if wait:
        what = f"keeps ending. Next start in {wait:.0f} s; other processes are not affected"
    else:
        what = "ended and was started again"
    print(f"The {name} process {what}. Its log: {log}", flush=True)


def stopping() -> None:
    print("\nStopping…", flush=True)


def stopped() -> None:
    print(f"Stopped. Your data is in {settings.DATA_DIR}; `make run` starts it again.", flush=True)


def restarting() -> None:
    print("\nRestarting; the edge keeps serving…", flush=True)


def restarted() -> None:
    print("Restarted. The edge kept serving.", flush=True)


def not_restarted() -> None:
    print("The run did not start again. Its terminal has the reason.", flush=True)


def nothing_to_restart() -> None:
    print("Sluice is not running in this data folder. `make run` starts it.", flush=True)


def nothing_ran() -> None:
    print("Sluice is not running in this data folder.", flush=True)


def nothing_left() -> None:
    print("Stopped all processes. Your data is still in the data folder.", flush=True)
