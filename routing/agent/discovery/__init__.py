"""Envoy's clusters and routes travel to it as changes, over its incremental discovery protocol.

discovery.py  what every Envoy should have, and what each has; sends the difference
resources.py  compiles clusters and routes, each once
grpc.py       a gRPC server for one method, on a Unix socket
messages.py   the protocol's messages as protobuf
"""
