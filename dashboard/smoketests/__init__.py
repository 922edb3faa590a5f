"""Smoke checks: named suites of requests, run against one version before users get it.

suites/            a suite as values and as YAML; saves suites
editor/            suites in the browser
runs/              runs a suite through every edge, and stores the results
json_rules/        JSON Schema and JSONPath with bounded work
assertions.py      checks a response                                                  (pure)
html_files.py      the files that an HTML page names                                 (pure)
same_as_stable.py  compares the candidate's response with two of stable              (pure)
subject.py         the version that a run tests
models.py          suites, their edits, runs and results
messages.py        texts
views.py           a Worker's suites and runs
"""
