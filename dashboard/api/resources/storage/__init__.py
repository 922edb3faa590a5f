"""Cloudflare's endpoints for namespaces, one file or two per kind.

kv_namespaces.py  KV namespaces
kv_keys.py        their keys and values
answers.py        errors of the state process
"""
