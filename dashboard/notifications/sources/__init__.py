"""Events that are not part of another room.

deployments.py   a deployment
edges_behind.py  an edge that is late or silent
"""
