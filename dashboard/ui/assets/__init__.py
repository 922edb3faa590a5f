"""Stylesheets and scripts: bundles of pages, file names with a hash.

bundles.py       Stylesheet and script of each page
collect.py       Collects static files, unless nothing changed
static_files.py  Static files under names with a hash, which browsers keep for a year, and
                 compressed copies
"""
