"""workerd's configuration as bytes, for `workerd serve --binary -`.

Binary, because text has to be escaped and a module's name could break out of it. The schema is the
one that came with the very binary that reads the result.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import capnp

from routing.compile.workerd.modules import VersionInvalid

_HOME = Path(__file__).resolve().parents[3]
_SCHEMA = _HOME / "node_modules" / "workerd" / "workerd.capnp"
_RUNTIME = _HOME / "routing" / "runtime"


def encode(config: dict[str, Any]) -> bytes:
    """The bytes of a `compile.workerd` configuration.

    Raises `VersionInvalid` for text that no program could have sent (half a surrogate pair).
    """
    try:
        return bytes(_schema().Config.new_message(**config).to_bytes())
    except UnicodeEncodeError as error:
        raise VersionInvalid("module", f"A name or text is not valid Unicode: {error}.") from error


@cache
def runtime() -> dict[str, str]:
    """The JavaScript that runs beside user code, by file name."""
    return {path.name: path.read_text("utf-8") for path in sorted(_RUNTIME.glob("*.js"))}


@cache
def _schema() -> Any:
    # capnp/c++.capnp, which the schema imports, comes with pycapnp.
    packages = Path(capnp.__file__).parents[1]
    return capnp.load(str(_SCHEMA), imports=[str(packages)])
