"""The playground: which version answers a request, and why; predicted, then proved by the log.

compose.py, bodies.py              what a person typed → one request, or what is wrong with it
form.py                            the page's form
predict.py, reach.py               what the edge's own rules say beforehand, and at which Workers
doctor.py, mark.py                 the same for people: where the header breaks, and the fix
messages.py                        the words for what the rules find
request.py, send.py, answer.py     built once, sent to a proof listener on loopback, nowhere else
proof.py, hops.py, stamp.py        the edges' log lines about it, against the prediction
history.py, redact.py, models.py   what is stored, for which person and how long, secrets masked
curl.py                            a curl command read: curl_words.py and curl_windows.py
curl_options.py, curl_address.py, curl_form.py   curl's own rules
export.py                          the request as curl, fetch and httpx
disconnect.py                      ends a send when its browser has left
redirects.py, allowance.py         which redirects may be followed; how much one person may send
explain.py                         the decision on the control plane's rows (`manage.py explain`)
check_import/                      checks from saved requests, curl, HAR and YAML
drafts.py                          the composed request while a version is staged first
bench.py, views.py, form_views.py, kept_views.py, variable_views.py   the pages
"""
