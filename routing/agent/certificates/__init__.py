"""Certificates of the public listener: read from files, given to Envoy, replaced while it runs.

files.py     where certificates are, and what is wrong with them
provider.py  tells Envoy about them, again whenever a file changes
"""
