"""What every page shares: `page()`, who is which, the propagation meter, the template tags.

page.py        page or fragment from one view
standing.py    stable, candidate, staged at 0 %, previous: roles, marks and words
remembered.py  standings of deployments seen before, which never change
propagation.py which edges have a revision, and since when
context.py     navigation and edges for the frame of every page
health.py      /healthz
palette.py     search or jump to: Ctrl K; jump/ has its verbs and what fits them
help.py        the words of the pages, commands, keys
bundles.py     the stylesheet and the script of each page, bundled by bin/setup.py
static_files.py, compression.py: what browsers keep, and how small it goes out
templatetags/  icons, versions (marks and bars), words (times and reasons), once (pieces kept)
"""
