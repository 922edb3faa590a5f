"""Two versions compared.

version_diff.py  Two versions side by side
views.py         The page that compares two versions, stable left
"""
