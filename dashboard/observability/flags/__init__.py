"""Versions that do worse than stable: the evidence, the rules, the flags.

evidence.py        What speaks against the live versions of Workers, from the counts of their
                   callers
failure_rate.py    How many requests failed, as every table, card, dialog and chart writes it
flags.py           Versions that fail too often are flagged, and stay so until they leave or
                   a person acknowledges
process_faults.py  What the edges report about the processes of single versions
rules.py           When do a version's failures speak against it? Three rules over complete
                   minutes
"""
