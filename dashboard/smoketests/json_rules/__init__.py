"""JSON Schema and JSONPath with bounded work. Without it, a check could take hours.

schema.py  the first violation of a schema in a document
path.py    the values at a path
"""
