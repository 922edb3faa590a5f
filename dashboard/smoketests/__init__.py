"""Smoke checks: named suites of a Worker, run against one version before its users get it.

document.py     a suite as values: requests and assertions                                (pure)
yaml_format.py  the same as a file in a repository                                        (pure)
assertions.py   an answer judged by a check                                               (pure)
models.py       suites, their edits, runs, and one result for each check and edge
suites.py       saving a suite: each save is a new, immutable edit
run.py          begins, carries out and ends a run: every check, through every edge
runs/           a run by its parts; run_views.py shows one
editor/         suites in the browser; views.py lists them
masking.py      a suite without the values of secrets                                     (pure)
same_as_stable.py  the candidate's answer against two of stable                           (pure)
subject.py      which version a run tests
report.py       suites and runs as JSON, for the CLI and the API
junit.py        a run as JUnit XML
"""
