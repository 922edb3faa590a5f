"""The API reference.

reference.py  the page and the OpenAPI document
"""
