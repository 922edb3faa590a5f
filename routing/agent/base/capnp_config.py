"""workerd's configuration as bytes, for `workerd serve --binary -`.

Binary, because in text a module's name could break out of its quotes. The schema comes with the
installed workerd.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import capnp

from routing.compile.workerd.modules import VersionInvalid
from routing.home import NODE_MODULES

_SCHEMA = NODE_MODULES / "workerd" / "workerd.capnp"
_RUNTIME = Path(__file__).resolve().parents[2] / "runtime"


def encode(config: dict[str, Any]) -> bytes:
    """Raises `VersionInvalid` for text that is not valid Unicode (half a surrogate pair)."""
    try:
        return bytes(_schema().Config.new_message(**config).to_bytes())
    except UnicodeEncodeError as error:
        raise VersionInvalid("module", f"A name or text is not valid Unicode: {error}.") from error


@cache
def runtime() -> dict[str, str]:
    """The JavaScript that runs beside user code, by path in its folder."""
    paths = sorted([*_RUNTIME.glob("*.js"), *_RUNTIME.glob("objects/*.js")])
    return {str(path.relative_to(_RUNTIME)): path.read_text("utf-8") for path in paths}


@cache
def _schema() -> Any:
    # capnp/c++.capnp, which the schema imports, comes with pycapnp.
    packages = Path(capnp.__file__).parents[1]
    return capnp.load(str(_SCHEMA), imports=[str(packages)])
