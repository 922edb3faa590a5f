"""A package, so that the control plane of conftest.py ends with the last test here."""
