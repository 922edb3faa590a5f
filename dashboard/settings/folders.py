"""Where files are."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from dashboard.settings.environment import variables
from routing.home import HOME, NODE_MODULES as NODE_MODULES


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o711)
    except OSError as error:
        raise ImproperlyConfigured(f"SLUICE_DATA_DIR={str(folder)!r}: {error.strerror}.") from error
    return folder


BASE_DIR = HOME

#: Folder for everything a run writes. SLUICE_DATA_DIR.
DATA_DIR = _made(Path(variables.text("SLUICE_DATA_DIR", str(BASE_DIR / ".sluice"))).resolve())
#: Collected static files: in the data folder, or in an image. SLUICE_STATIC_DIR.
STATIC_ROOT = Path(variables.text("SLUICE_STATIC_DIR", str(DATA_DIR / "static"))).resolve()

#: Folder of the state process: the data of namespaces (KV, D1, R2, queues).
#: SLUICE_STATE_DIR.
STATE_DIR = Path(variables.text("SLUICE_STATE_DIR", str(DATA_DIR / "state"))).resolve()
#: Where the state process answers: `unix:<path>`, by default its socket in that folder.
#: SLUICE_STATE_URL.
STATE_URL = variables.matching(
    "SLUICE_STATE_URL",
    f"unix:{STATE_DIR / 'state.sock'}",
    r"unix:/.+|https://[A-Za-z0-9_.:\[\]-]+",
    "unix:/path/to/state.sock or https://host:port",
)
#: The certificate authority of that https address, instead of the system's. SLUICE_STATE_CA_FILE.
STATE_CA_FILE = variables.text("SLUICE_STATE_CA_FILE")
#: Where `sluice state` also listens, with TLS, for other machines: host:port. SLUICE_STATE_LISTEN.
STATE_LISTEN = variables.matching(
    "SLUICE_STATE_LISTEN", "", r"([0-9.]+:[0-9]{1,5}|\[[0-9a-f:]+\]:[0-9]{1,5})?", "address:port"
)
#: Its certificate chain and private key, PEM. SLUICE_STATE_CERT_FILE, SLUICE_STATE_CERT_KEY_FILE.
STATE_CERT_FILE = variables.text("SLUICE_STATE_CERT_FILE")
STATE_CERT_KEY_FILE = variables.text("SLUICE_STATE_CERT_KEY_FILE")
if STATE_LISTEN and not (STATE_CERT_FILE and STATE_CERT_KEY_FILE):
    raise ImproperlyConfigured(
        "SLUICE_STATE_LISTEN needs SLUICE_STATE_CERT_FILE and SLUICE_STATE_CERT_KEY_FILE."
    )


def generated_once(file: str, variable: str, generated: str) -> str:
    """The variable, or a value generated once, in a file that only its owner can read."""
    if given := variables.text(variable):
        return given
    path = DATA_DIR / file
    if not path.exists():
        _write_once(path, generated)
    return path.read_text().strip()


def _write_once(path: Path, content: str) -> None:
    """Whole, and only if no other process was faster: processes of a new folder start at once."""
    handle, partial = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(content)
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(partial)
