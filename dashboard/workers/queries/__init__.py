"""Reads of Workers and versions, in a constant number of queries.

worker_queries.py  A Worker with its active deployment; its versions and deployments
timeline.py        A Worker's state and each deployment's effect, in words
proposal.py        A requested split, and the roles after it
version_facts.py   Bindings, settings and exports of a version, as text
module_text.py     Modules of a version, as text or files
static_files.py    Static assets of a version, and how they differ from another's
addresses.py       Preview URLs of a version; switches for them
lag.py             What late edges still serve
cli_commands.py    A change as wrangler and curl commands
"""
