"""The weekly digest of things that deserve a look.

findings.py  stale splits, forgotten 0% versions, unreviewed deployments
weekly.py    sends it once a week
messages.py  the digest as text
"""
