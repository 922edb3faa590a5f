"""Filters for numbers that were observed."""
