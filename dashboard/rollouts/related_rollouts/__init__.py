"""Rollouts of Workers that call each other by service binding: their figures may mix.

find.py      which other rollouts run beside one
messages.py  the warning in words
"""
