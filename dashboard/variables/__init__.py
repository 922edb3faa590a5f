"""A Worker's stored variables and secrets: {{name}} in requests of the playground and of checks.

names.py   finds and fills {{name}} in a text
models.py  the rows; a secret's value is encrypted and never displayed
secret_values.py  masks the secrets in what edges report
messages.py  why a variable was not set
store.py   reads them for a person or a run, and changes them
"""
