"""Deployments that Sluice makes at Cloudflare: the one place that writes `CloudChange`, beside
`dashboard.rollouts.remote.deploying`.

deploy.py  Stores the change, deploys, stores what became of it
upload.py  Uploads a version; nothing becomes live
settle.py  Looks for a change without an answer in what was read since; ends its note
"""
