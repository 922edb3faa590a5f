"""What a place of Workers can do, and what it knows: our edges, or a Cloudflare account.

Pages, rollouts and reviews ask for a capability, never for the kind of place.

values.py          Workers, versions, deployments, addresses, counts, frozen (pure)
capabilities.py    The table of capabilities; what lacks one says why (pure)
interface.py       The functions of a place
edges.py           Our own edges
cloudflare.py      A connected account
roles.py           Stable and candidate of a split (pure)
guarded_upload.py   The same of an uploaded version (pure)
guarded_deploy.py  Read, compare, write, read back: what became of a deployment (pure)
"""
