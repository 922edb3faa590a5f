"""What every endpoint shares: sign-in, envelope, errors, parsers, limits.

auth.py                Who calls
body_limit.py          How large a request may be
conditional_deploy.py  Our one addition to Cloudflare's API: deploy only if nobody else did
                       in between
envelope.py            Cloudflare's envelope
errors.py              What was refused, as Cloudflare says it
json_parser.py         JSON bodies, read strictly
lookup.py              The rows that addresses name
multipart.py           Multipart bodies of any method, file names as sent
"""
