"""Two versions compared.

version_diff.py  The comparison: modules, bindings, settings; bounded work
views.py         The page, stable left
"""
