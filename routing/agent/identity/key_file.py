"""The edge's private key: X25519, base64, in a file that only this user can read."""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from routing.agent.base import edge_folder

DEFAULT = Path("edge_key")
"""In the edge's folder. SLUICE_EDGE_KEY_FILE keeps it elsewhere."""


class KeyFileInvalid(Exception):
    """The message names the file."""


def load_or_create(path: Path = DEFAULT) -> X25519PrivateKey:
    """The key in the file, or a new one in a new file. Raises `KeyFileInvalid` and `OSError`."""
    try:
        raw = base64.b64decode(path.read_bytes().strip(), validate=True)
        return X25519PrivateKey.from_private_bytes(raw)
    except FileNotFoundError:
        key = X25519PrivateKey.generate()
        edge_folder.write(path, base64.b64encode(key.private_bytes_raw()) + b"\n", durable=True)
        return key
    except ValueError as error:
        raise KeyFileInvalid(
            f"{path}: expected an X25519 private key in base64. Restore the file, or delete it and "
            "join again."
        ) from error
