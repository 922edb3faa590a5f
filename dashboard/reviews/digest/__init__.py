"""The weekly digest: what is live and nobody looks at any more.

overlooked.py  stale splits, forgotten 0% versions, deployments that nobody reviewed
weekly.py      the event of a week, once, however many processes look
messages.py    the digest in words
"""
