"""Proposals: deployments that wait for approvals.

models.py          the request, its decisions and its events
change.py          what a request changes, and whose change it is
request_review.py  creates a request, or resumes the open one
decisions/         votes, counting approvals, voiding requests
deployment/        deploys approved requests; emergency deploys; expiry
events.py          records an event, in the audit trail too
notices.py         notifications
report.py          a request as JSON, and its exit code
messages.py        codes as text
"""
