"""Envoy's configuration.

config.py       bootstrap and the discovery files; the entry point of this room
listeners.py    the listeners of an edge: public (also with TLS), proof, internal
connection_manager.py  what all listeners have: limits, filters, texts of Envoy's own answers
ext_authz.py    filters that ask the agent
routes.py       which Worker a request is for: host names, service bindings, RPC slots
hosts.py        host names of route patterns, which several Workers may share
decision.py     which version of a Worker answers: overrides, version key, percentages
permissions.py  routes of Workers whose overrides need a permission
previews.py     URLs of single versions
compression.py  which responses are compressed
headers.py      headers that an edge removes and adds
clusters.py     where a version's process listens
access_log.py   the fields of the access log
tls.py          certificates of the public listener, and the redirect to https
geoip.py        the client's place, from MaxMind databases
bad_url.py      URLs that workerd refuses
protobuf.py     resources as protobuf; protobuf_fields.py their fields
"""
