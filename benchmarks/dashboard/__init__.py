"""Pages, the playground and reads of the charts.

many.py        A snapshot of many Workers, like those that people deploy
pages.py       Server time of the pages with much in the database, beside a bare Django page
playground.py  What a send from the playground costs over a plain request, and how long 1,000
               sends take
rollups.py     Thirty days of rollups for ten million requests, and how long the charts'
               reads take
viewers.py     Readers of live logs and tails, all at once, and the requests they look at
web.py         What a browser pays for each page
"""
