"""Which Worker a URL belongs to: route patterns, as Cloudflare documents them. Pure.

pattern.py    parsing a pattern, and its canonical text
matching.py   which URLs a pattern matches, and which of several patterns wins
zones.py      names of zones, and the zone of a host name
"""
