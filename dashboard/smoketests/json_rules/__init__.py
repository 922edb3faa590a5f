"""JSON Schema and JSONPath with a bound on their work: a check's author and a Worker's answer could
together choose a question that takes hours.

schema.py  the first problem that a schema finds in a document
path.py    the values at a path
"""
