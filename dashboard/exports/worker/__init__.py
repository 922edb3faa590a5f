"""Which jobs are due, and one step of one job.

exporter.py  Starts a step of every due job, a few at a time
job_step.py  One step of one job
"""
