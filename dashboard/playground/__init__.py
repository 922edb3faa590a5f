"""The playground: which version answers a request, and why; predicted, then proved by the log.

A send goes TypedRequest → WireRequest → Prediction → Outcome, all frozen values.

pages/          the page, its sends, saved requests and variables: start in pages/views.py
request/        the form → TypedRequest; its way out as code; drafts and redirects
predict/        the rules applied beforehand, and a diagnosis of the override header
send/           what follows a send: quota, proof, answer page, hop trail, history
runs/           many sends at once
compare/        one request to two versions
affinity/       which version a version key gets
cloud/          the same on Workers of a connected account
curl_import/    a curl command → the form
check_import/   checks from saved requests, curl, HAR and YAML
messages.py     texts of forms and pages; predict/messages.py has those of overrides
models.py       history, saved requests, quota
disconnect.py   ASGI middleware: cancels a send when its browser disconnects
"""
