"""Transactions: what follows a commit, reads of one moment, batches.

after_commit.py      Work that follows a commit
batches.py           Long lists in pieces
read_transaction.py  Reading many tables as of one moment, without keeping anybody from
                     writing
"""
