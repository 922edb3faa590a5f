"""Database transactions.

after_commit.py      work after a commit, which never fails the request
batches.py           long lists in pieces
read_transaction.py  a consistent read of several tables that blocks no writer
"""
