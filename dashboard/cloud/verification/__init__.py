"""Whether requests confirm a deployment that Cloudflare's API lists as live.

rules.py   Which probes to send, and what their answers mean (pure)
start.py   Begin a verification, find one
probe_run.py  One verification under way in this process
retention.py  Deletes old probes
runner.py  The background work: sends probes, collects their proof, ends verifications
"""
