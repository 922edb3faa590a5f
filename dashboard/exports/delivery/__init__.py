"""Batches of records on their way to a destination, and the ones that did not arrive.

batches.py       The next lines of a job
dead_letters.py  Batches that a destination did not take, kept on disk until somebody sends
                 them again
senders.py       Puts one batch where a job says
"""
