"""HTTP that all endpoints share.

auth.py                the caller: token, scopes, limits
body_limit.py          the largest request body, and how many large ones at a time
conditional_deploy.py  the header Sluice-Expected-Deployment
envelope.py            Cloudflare's envelope, and paging
errors.py              refusals with Cloudflare's codes
json_parser.py         strict JSON
lookup.py              rows named in a path, or the refusal their endpoint gives
rate_headers.py        what is left of a token's rate limit
multipart.py           multipart bodies of any method
"""
