"""The reference of the API, as a page and as OpenAPI.

reference.py         The API's documentation
reference_bodies.py  Request bodies that are no JSON, described for the API's documentation
"""
