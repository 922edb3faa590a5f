"""Suites in the browser: one check at a time in a form, the whole suite as YAML, and its edits.

check_form.py      a check as fields, and fields as sent                              (pure)
assertion_rows.py  an assertion as one row of the form                                (pure)
edit_diff.py       what changed from one edit to another, line by line                (pure)
changes.py         a changed check, a new order or an earlier edit as the next edit
queries.py         what the pages read: the newest results of each check
views.py           the suite's page and its form; edit_views.py: YAML, edits, new suites
"""
