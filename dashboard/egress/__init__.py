"""HTTP requests to other machines: allowed hosts only, one request at a time, no redirects.

client.py      `request`: one request with a deadline and a size limit
addresses.py   which address a host name may lead to
signatures.py  signed webhooks (Standard Webhooks)
"""
