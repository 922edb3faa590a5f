"""The few files of the npm package `miniflare` that the state process runs, in
`node_modules/.miniflare`.

The package itself needs sharp, undici and more, 35 MB that Sluice never loads. So its archive is
checked against `package-lock.json` and only these files are taken.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
FOLDER = MODULES / ".miniflare"
PACKAGE = "miniflare"
FILES = (
    "package.json",
    "dist/src/workers/r2/bucket.worker.js",
    "dist/src/workers/shared/index.worker.js",
    "dist/src/workers/shared/zod.worker.js",
)

Run = Callable[[list[str | Path]], None]


def is_current() -> bool:
    stamp = FOLDER / "stamp"
    return stamp.exists() and stamp.read_text() == _locked()["integrity"]


def install(run: Run, node: Path, npm: Path) -> None:
    """Copies the files from the installed package if tests have it, else from its archive."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    locked = _locked()
    installed = MODULES / PACKAGE
    if installed.is_dir():
        _copy(lambda name: (installed / name).read_bytes())
    else:
        with tempfile.TemporaryDirectory() as folder:
            archive = f"{PACKAGE}@{locked['version']}"
            run([node, npm, "pack", archive, "--pack-destination", folder])
            [packed] = Path(folder).glob("*.tgz")
            _check(packed.read_bytes(), locked["integrity"])
            with tarfile.open(packed) as opened:
                _copy(lambda name: _member(opened, name))
    (FOLDER / "stamp").write_text(locked["integrity"])


def _copy(content_of: Callable[[str], bytes]) -> None:
    for name in FILES:
        target = FOLDER / name.removeprefix("dist/src/workers/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content_of(name))
    (FOLDER / "LICENSE").write_text(_LICENSE)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    opened = archive.extractfile(f"package/{name}")
    assert opened, name
    return opened.read()


def _check(content: bytes, integrity: str) -> None:
    algorithm, _, expected = integrity.partition("-")
    if base64.b64encode(hashlib.new(algorithm, content).digest()).decode() != expected:
        raise SystemExit(f"The archive of {PACKAGE} does not match package-lock.json.")


def _locked() -> dict[str, str]:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    found: dict[str, str] = lock["packages"][f"node_modules/{PACKAGE}"]
    return found


_LICENSE = """\
miniflare, https://github.com/cloudflare/workers-sdk
Copyright (c) Cloudflare, Inc. and contributors

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES
OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
