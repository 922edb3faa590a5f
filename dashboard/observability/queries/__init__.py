"""Reads of counts: traffic, health, series, overview.

before_deployment.py  How a Worker did right before a deployment, so that one sees whether a
                      roll back helped
board.py              Everything the page of one Worker shows, from its address
health.py             Is a version well? The edges' own word about its process, and the flags
                      for its failures
observation.py        The live deployment as it is observed
overview.py           All Workers at once
series.py             What the charts of one Worker show
sparkline.py          The last hour of many Workers as small lines
statistics.py         What was observed, as numbers
time_ranges.py        How far back a page looks, and into how many pieces that time is cut
traffic.py            What each version did in some time
"""
