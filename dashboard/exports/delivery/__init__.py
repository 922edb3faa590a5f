"""Batches of records on their way to a destination, and the ones that did not arrive.

batches.py       The next lines of a job
dead_letters.py  Undelivered batches on disk, until a person resends them
senders.py       Delivers one batch to a job's destination
"""
