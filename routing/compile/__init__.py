"""A snapshot turned into configuration for Envoy and workerd. Pure: same input, same bytes.

    names.py      every name that two programs must agree on: sockets, routes, clusters, hosts
    envoy.py      the door to Envoy's half: start-up configuration, and the envelope of its files
    listeners.py  the three doors of an edge: public, proof, internal
    headers.py    what is taken from and put into headers on the way
    accesslog.py  the access log's fields
    routes.py     which Worker a request is for: host names, service bindings, RPC slots
    previews.py   addresses of single versions, in a deployment or not
    decision.py   which of its versions answers: overrides, version key, percentages
    permits.py    the same where overrides need a permission, and the answers of shared links
    clusters.py   where a version's process listens
    workerd.py    the door to workerd's half: one version's process, and its inspection
    modules.py    uploaded parts as workerd's modules
    slots.py      how RPC calls are to be spread, for the JavaScript behind a service binding
    services.py   service bindings: how one Worker's process reaches another
    bindings.py   upload bindings as workerd's bindings, and those that are refused

An Envoy or workerd field is spelled here and nowhere else. Facts behind the choices were measured
on Envoy 1.39.3 and workerd 2026-11-17; comments name the ones that surprised.
"""
