"""The demo: three Workers, version 1 at 100 %, version 2 at 0 % (see demo/README.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.reviews import gate
from routing.models import Version, Worker
from routing.snapshot import BindingSpec
from routing.upload_draft import Draft, Part

FOLDER: Path = settings.BASE_DIR / "demo"
WORKERS = ("pricing", "checkout", "hello")
#: The source that pages show: no person pressed a button.
SOURCE = "demo"
MESSAGES = {
    "pricing": ("Prices of tea and mugs", "Tell the VAT apart"),
    "checkout": ("Ask pricing for the total", "Say the currency"),
    "hello": ("Say hello", "Say hello by name"),
}


def load(author: User | None, tell: Callable[[str], None]) -> bool:
    """Uploads and deploys what is missing when there is no Worker at all; False when there is."""
    if Worker.objects.exists():
        return False
    for name in WORKERS:
        tell(name)
        _load(name, author)
    return True


def _load(name: str, author: User | None) -> None:
    old = _upload(name, 1, author, live=True)
    new = _upload(name, 2, author, live=False)
    gate.deploy(
        worker=new.worker,
        by_token=False,
        shares=[(str(new.id), 0), (str(old.id), 100)],
        author=author,
        source=SOURCE,
        message="Stage version 2 at 0% for a smoke test",
        now=timezone.now(),
    )


def _upload(name: str, number: int, author: User | None, *, live: bool) -> Version:
    version, _ = gate.upload(
        worker_name=name,
        by_token=False,
        draft=_draft(name, number),
        author=author,
        source=SOURCE,
        triggered_by="upload" if live else "version_upload",
        now=timezone.now(),
        create=live,
        live=live,
    )
    return version


def _draft(name: str, number: int) -> Draft:
    config = json.loads((FOLDER / name / "wrangler.jsonc").read_text())
    code = (FOLDER / name / f"v{number}" / "index.js").read_bytes()
    return Draft(
        main_module="index.js",
        compatibility_date=config["compatibility_date"],
        parts=(Part("index.js", "application/javascript+module", code),),
        bindings=_bindings(config),
        tag=f"v{number}",
        message=MESSAGES[name][number - 1],
    )


def _bindings(config: dict[str, object]) -> tuple[BindingSpec, ...]:
    metadata = BindingSpec(name="CF_VERSION_METADATA", type="version_metadata")
    services = config.get("services", [])
    assert isinstance(services, list)
    return metadata, *(
        BindingSpec(name=s["binding"], type="service", options={"service": s["service"]})
        for s in services
    )
