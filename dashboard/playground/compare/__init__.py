"""One request to two versions, and the differences that matter.

views.py        compare, and look at a stored comparison
context.py      what the pages show
three_sends.py  stable, candidate, stable again
models.py       a stored comparison
"""
