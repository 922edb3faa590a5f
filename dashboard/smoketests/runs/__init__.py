"""Runs of a suite.

run.py         begins, executes and ends a run
jobs.py        what is sent: each check through each edge, with overrides and secrets
exchange.py    sends and judges one check at one edge; no database
skew.py        whether each version serves the files of the other one's page
collector.py   saves results, with the edge's log line as proof
scripts.py     script checks, which only `manage.py smoke run` executes
acceptance.py  differences that a person marked as expected
retention.py   deletes old runs and their evidence
report.py      a run as JSON
junit.py       a run as JUnit XML
views.py       the page of a run
"""
