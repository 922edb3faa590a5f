"""Charts and the Observability page.

all_workers.py  All Workers' last hour in two charts
charts.py       Drawings as numbers, which the templates put into SVG attributes (no inline
                style)
formatting.py   Observed numbers as people read them
markers.py      Deployments as dashed verticals on a chart
views.py        The charts of one Worker, and all Workers at a glance
"""
