"""Smoke checks: named suites of a Worker, run against one version before its users get it.

document.py     a suite as values: requests and assertions                                (pure)
yaml_format.py  the same as a file in a repository                                        (pure)
assertions.py   an answer held against a check                                            (pure)
models.py       suites, their edits, runs, and one result for each check and edge
suites.py       saving a suite: each save is a new, immutable edit
run.py          sends every check through every edge, pinned by override, and proves what ran
subject.py      which version a run tests
report.py       suites and runs as JSON, for the CLI and the API
junit.py        a run as JUnit XML
"""
