"""Accounts in the frame of every page.

switcher.py   the account switcher, and the navigation of an account
palette.py    accounts and their Workers in Search or jump to
"""
