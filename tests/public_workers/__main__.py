"""Runs shapes on one system and prints the table; exits with 1 if one failed.

python -m tests.public_workers [names] [--plain | --frameworks | --refused] [--jobs 2]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.ai_host import ai_server
from tests.public_workers.project import Project
from tests.public_workers.refusals import check_refusal, read_refusals
from tests.public_workers.rollout import Rollout
from tests.public_workers.shape import Shape, all_shapes
from tests.real.tunnel import tunnel
from tests.running import System

ENVIRONMENT = {"SLUICE_DEMO": "0", "SLUICE_ZONES": "example.com"}


@dataclass(frozen=True)
class Case:
    name: str
    kinds: str
    run: Callable[[System, str, Path], None]


@dataclass(frozen=True)
class Result:
    case: Case
    failure: str
    seconds: float


def main() -> int:
    options = _options()
    cases = _cases(options)
    if not cases:
        print("No such shape.", file=sys.stderr)
        return 2
    with (
        tempfile.TemporaryDirectory(prefix="sluice-public-") as name,
        tunnel() as (proxy, _),
        ai_server() as ai,
    ):
        folder = Path(name)
        environment = ENVIRONMENT | {"SLUICE_AI_URL": ai.url}
        system = System(folder / "data", environment=environment).start()
        try:
            results = _run_all(cases, system, proxy, folder, options.jobs)
        finally:
            system.stop()
    return _report(results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.public_workers")
    parser.add_argument("names", nargs="*")
    group = parser.add_mutually_exclusive_group()
    for option in ("plain", "frameworks", "refused"):
        group.add_argument(f"--{option}", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


def _cases(options: argparse.Namespace) -> list[Case]:
    groups = {"workers": options.plain, "frameworks": options.frameworks}
    chosen = any([*groups.values(), options.refused])
    cases = [_shape_case(s) for s in all_shapes() if groups[s.group] or not chosen]
    if options.refused or not chosen:
        cases += [_refusal_case(name, case) for name, case in read_refusals().items()]
    return [case for case in cases if not options.names or case.name in options.names]


def _shape_case(shape: Shape) -> Case:
    def run(system: System, proxy: str, folder: Path) -> None:
        Rollout(Project(shape, folder, system, proxy)).run()

    return Case(shape.folder.name, ", ".join(shape.kinds), run)


def _refusal_case(name: str, case: dict[str, str]) -> Case:
    def run(system: System, proxy: str, folder: Path) -> None:
        check_refusal(system, proxy, folder, name, case)

    return Case(name, "refused by name", run)


def _run_all(
    cases: list[Case], system: System, proxy: str, folder: Path, jobs: int
) -> list[Result]:
    def run(case: Case) -> Result:
        began, failure = time.monotonic(), ""
        project = folder / case.name / "project"
        try:
            case.run(system, proxy, project)
        except Exception as error:  # noqa: BLE001 - one failure must not hide the other results
            failure = f"{type(error).__name__}: {error}"
        result = Result(case, failure, time.monotonic() - began)
        print(_line(result), flush=True)
        return result

    # What a refusal must not change, no other case may change meanwhile.
    together = [case for case in cases if case.kinds != "refused by name"]
    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(run, together))
    return results + [run(case) for case in cases if case not in together]


def _line(result: Result) -> str:
    verdict = "FAILED" if result.failure else "ok"
    case = result.case
    return f"| {case.name:22} | {case.kinds:44} | {verdict:6} | {result.seconds:5.1f} |"


def _report(results: list[Result]) -> int:
    failed = [result for result in results if result.failure]
    print(f"\n| {'name':22} | {'kinds':44} | result | secs. |")
    print(f"| {'-' * 22} | {'-' * 44} | ------ | ----- |")
    print(*map(_line, results), sep="\n")
    print(f"\n{len(results) - len(failed)} of {len(results)} passed.")
    for result in failed:
        print(f"\n=== {result.case.name}\n{result.failure[-3000:]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
