"""Suites.

document.py     a suite as values: checks, requests, assertions                       (pure)
yaml_format.py  a suite as YAML                                                       (pure)
parse.py        parses submitted suites, large ones in a child process
edits.py        saves suites; each save is an immutable edit
masking.py      a suite with secrets masked                                           (pure)
"""
