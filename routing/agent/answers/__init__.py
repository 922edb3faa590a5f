"""What the agent answers: decisions and previews for Envoy, share links, RPC slots for versions.

client_rates.py    rate limit per client address (GCRA)
control_socket.py  what version processes may ask: RPC slots; and their log entries
decide_server.py   which version an override header asks for
permissions.py     permission tokens of requests, parsed once
preview_names.py   which version answers at a host name
previews.py        starts versions for requests to their own address, and ends unused ones
share_links.py     sets the cookie of a shared link
stored_secrets.py  values of a secrets store's secrets, for versions
worker_hosts.py    Workers at host names without exact routes: wildcards, capital letters
"""
