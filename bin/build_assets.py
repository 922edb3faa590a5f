"""What browsers load: bundles of stylesheets and scripts, the code editor, the fonts cut to size.

Each step leaves a stamp with a hash of what it was made from, and costs nothing when it is current.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from dashboard.ui.assets import bundles

ROOT = bundles.ROOT
MODULES = ROOT / "node_modules"
VENV = ROOT / ".venv/bin"

#: Cut fonts, by the folder that pages name. In `node_modules`, so that `npm ci` takes them along.
FONTS = MODULES / ".fonts"

#: Font → OpenType features that pages use. In code, ligatures are off (tokens.css), and they are
#: half of its file. Weights are those of the design, 400 to 600: together 89 kB become 46.
CUTS = {
    "inter/inter-latin-wght-normal.woff2": "calt,ccmp,kern,locl,mark,mkmk,tnum",
    "jetbrains-mono/jetbrains-mono-latin-wght-normal.woff2": "ccmp,locl,mark",
}
PLACES = {"inter": "inter", "jetbrains-mono": "mono"}

Run = Callable[[list[str | Path]], None]


def build(run: Run, say: Callable[[str], None]) -> None:
    """Everything that is not current. `run` executes a command, and ends the setup if it fails."""
    for words, stamp, made_from, make in (
        ("The code editor", bundles.BUILT / "editor.stamp", _editor_sources(), _build_editor),
        ("Stylesheets and scripts", bundles.STAMP, bundles.fingerprint(), _build_bundles),
        ("Fonts", FONTS / "stamp", _font_sources(), _cut_fonts),
    ):
        if stamp.exists() and stamp.read_text() == made_from:
            continue
        say(f"{words}…")
        stamp.parent.mkdir(exist_ok=True)
        make(run)
        _write(stamp, made_from)


def _editor_sources() -> str:
    made_by = [ROOT / "package-lock.json", Path(__file__)]
    return _fingerprint([*made_by, *sorted(_editor().parent.glob("*.js"))])


def _build_editor(run: Run) -> None:
    """A bundle of its own: the editor's page imports it when a module is open."""
    run(_esbuild(_editor(), f"--outfile={bundles.BUILT / 'code.js'}"))


def _build_bundles(run: Run) -> None:
    """One minified file for each page's stylesheet, and one for its script."""
    for kind in bundles.KINDS:
        for old in bundles.BUILT.glob(f"*.{kind}"):
            if old.name != "code.js":
                old.unlink()
    # Fonts and images keep their addresses: `built` is as deep as the folders of the sources.
    options = ("--entry-names=[name]", "--external:../fonts/*", "--external:../img/*")
    run(_esbuild(*bundles.entries(), f"--outdir={bundles.BUILT}", *options))


def _esbuild(*arguments: str | Path) -> list[str | Path]:
    esbuild = MODULES / "esbuild/bin/esbuild"
    options = ("--bundle", "--format=esm", "--minify", "--target=es2022", "--legal-comments=none")
    return [VENV / "node", esbuild, *arguments, *options, "--log-level=warning"]


def _font_sources() -> str:
    made_by = [ROOT / "package-lock.json", Path(__file__)]
    return _fingerprint(made_by)


def _cut_fonts(run: Run) -> None:
    for font, features in CUTS.items():
        folder, name = font.split("/")
        source = MODULES / f"@fontsource-variable/{folder}/files/{name}"
        target = FONTS / PLACES[folder] / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as scratch:
            narrow = Path(scratch) / "narrow.ttf"
            fonttools = VENV / "fonttools"
            run([fonttools, "varLib.instancer", source, "wght=400:600", "-o", narrow])
            options = ["--unicodes=*", f"--layout-features={features}", "--flavor=woff2"]
            run([fonttools, "subset", narrow, *options, f"--output-file={target}"])


def _editor() -> Path:
    return bundles.STATIC / "js/editor/code.js"


def _fingerprint(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _write(stamp: Path, made_from: str) -> None:
    """As a file of its own, even where the folder is a copy by hard links."""
    stamp.unlink(missing_ok=True)
    stamp.write_text(made_from)
