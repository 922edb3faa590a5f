"""Commands of `sluice` and their options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dashboard.cli import messages
from dashboard.run.memory import collect_rarely
from routing.hidden_environment import hide
from routing.version import VERSION


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 done, 1 failed, 2 wrong usage."""
    collect_rarely()
    hide()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["manage"]:  # its options are Django's
        from dashboard.cli import control

        return control.manage(given[1:])
    options = _parser().parse_args(given)
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sluice",
        description=messages.ABOUT,
        epilog=messages.EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        summary, details = messages.COMMANDS[name]
        command = commands.add_parser(
            name,
            help=summary,
            description=details,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(run=run)
        return command

    add("setup", _setup)
    add("web", _web)
    add("work", _work)
    add("state", _state)
    add("edge", _edge)
    backup = add("backup", _backup)
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.add_argument("--force", action="store_true", help="replace FILE")
    backup.add_argument("--without-keys", action="store_true", help="leave the keys out")
    backup.add_argument("--to-bucket", action="store_true", help="also store it in SLUICE_S3_URL")
    restore = add("restore", _restore)
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument("--force", action="store_true", help="replace a database with users")
    restore.add_argument("--from-bucket", action="store_true", help="get FILE from SLUICE_S3_URL")
    doctor = add("doctor", _doctor)
    doctor.add_argument("--json", action="store_true", help="for programs")
    add("manage", _manage)
    add("version", _version)
    return parser


def _setup(_: argparse.Namespace) -> int:
    from dashboard.cli import control

    return control.setup()


def _web(_: argparse.Namespace) -> int:
    from dashboard.cli import control

    return control.web()


def _work(_: argparse.Namespace) -> int:
    from dashboard.cli import control

    return control.work()


def _state(_: argparse.Namespace) -> int:
    from dashboard.cli import control

    return control.state()


def _backup(options: argparse.Namespace) -> int:
    from dashboard.cli import backups

    return backups.back_up(
        options.file,
        force=options.force,
        with_keys=not options.without_keys,
        to_bucket=options.to_bucket,
    )


def _restore(options: argparse.Namespace) -> int:
    from dashboard.cli import backups

    return backups.restore(options.file, force=options.force, from_bucket=options.from_bucket)


def _doctor(options: argparse.Namespace) -> int:
    from dashboard.cli import doctor

    return doctor.doctor(as_json=options.json)


def _manage(_: argparse.Namespace) -> int:
    raise AssertionError("main calls it")


def _edge(_: argparse.Namespace) -> int:
    from routing.agent.__main__ import main as run_edge

    return run_edge()


def _version(_: argparse.Namespace) -> int:
    print(VERSION)
    return 0
