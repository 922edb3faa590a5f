"""A package, so that the system of conftest.py ends with the last test here."""
