"""Many requests at once: the run, its figures, its page.

models.py      A run of many sends, in a row that every web process can read while one of
               them sends
report.py      A run in words and marks
runner.py      Carries a run out
statistics.py  The figures of many sends
views.py       Send ×N: start a run, look at it while it grows, stop it
"""
