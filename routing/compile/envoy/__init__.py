"""Envoy's half: bootstrap, listeners, routes, clusters.

access_log.py   The access log
bad_url.py      URLs that workerd refuses
clusters.py     Envoy's clusters
config.py       The door to Envoy's half
decision.py     One Worker's routes
headers.py      Headers on their way through an edge
listeners.py    The doors of an edge
permissions.py  Workers whose overrides are checked
previews.py     Addresses of single versions
routes.py       Envoy's RouteConfigurations
"""
