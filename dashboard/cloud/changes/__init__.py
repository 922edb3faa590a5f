"""Deployments that Sluice makes at Cloudflare. Those of rollouts are stored and sent here as well;
`dashboard.rollouts.remote.deploying` settles them, together with the rollout.

deploy.py  Stores the change, deploys, stores what became of it
upload.py  Uploads a version; nothing becomes live
settle.py  Looks for a change without an answer in what was read since; ends its note
"""
