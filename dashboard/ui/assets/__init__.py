"""Stylesheets and scripts: bundles of pages, file names with a hash.

bundles.py       Stylesheets and scripts of each page
static_files.py  Static files under names with a hash, which browsers keep for a year, and
                 compressed copies
"""
