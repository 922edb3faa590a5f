"""Suites in the browser: a form for one check, the suite as YAML, and its edits.

check_form.py      a check as form fields, and back                                   (pure)
assertion_rows.py  an assertion as one row of the form                                (pure)
edit_diff.py       line diff between two edits                                        (pure)
changes.py         saves a changed check, a new order or an earlier edit as the next edit
queries.py         the newest results of each check
views.py           the suite page and the check form
edit_views.py      YAML, edits, new suites
"""
