"""Which version a request will reach, and why an override will not work.

call_graph.py      Which Workers a Worker reaches by service bindings, as its live versions
                   were uploaded
doctor.py          The override doctor
explain.py         Which version would answer, and why
header_excerpt.py  Where in the header the trouble lies
predict.py         What the edge's own rules say about a request before it is sent
"""
