"""Log lines that never reached the disk: how many, and why.

ledger.py   pure: lines that Envoy logged against lines on disk
audit.py    the task that reads both, every second or two
"""
