"""Which version a request will reach, and why an override does not work.

predict.py             the edge's rules on the control plane's rows → Prediction
explain.py             the same as JSON, for `manage.py explain`
override_diagnosis.py  a title, a text and a fix for each Worker
header_excerpt.py      the wrong part of the header
call_graph.py          the Workers behind a Worker
messages.py            the texts
"""
