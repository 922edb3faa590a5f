"""Console lines and exceptions of versions: collected, redacted, shipped.

collector.py   takes them from version processes and stores them on disk
detail.py      parses and limits one entry (pure)
rate_level.py  how much versions should log now (pure)
redact.py      removes secrets (pure)
shipper.py     ships entries to the control plane
"""
