"""One request to two versions, and the differences that matter.

models.py       A comparison, kept so that it can be shown to a colleague with other masks
three_sends.py  One request to stable, to the candidate and to stable again, each pinned by
                an override
views.py        Compare
"""
