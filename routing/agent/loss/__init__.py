"""Counts log lines that never reached the disk.

ledger.py  lines that Envoy logged minus lines on disk (pure)
audit.py   reads both every second or two
"""
