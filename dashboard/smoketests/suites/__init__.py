"""Suites: their edits, their YAML, their secrets.

document.py     A suite as it is written in a repository
edits.py        Saving suites
parse.py        Suites as they are sent; large ones in a child process
masking.py      A suite as people who may not act see it
yaml_format.py  Suites as YAML text
"""
