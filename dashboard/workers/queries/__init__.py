"""Reads of Workers and versions.

addresses.py       Where one version can be looked at, deployed or not
cli_commands.py    The same change as commands
lag.py             What late edges still answer by, in one line however many there are
module_text.py     The code of a version
proposal.py        The split somebody asks for, and what would be live after it
timeline.py        What a Worker is doing and what each deployment did, in words
version_facts.py   What a version is made of besides its modules, as text to show and compare
worker_queries.py  What the pages read, in a number of queries that does not grow with the
                   rows
"""
