"""The loop that exports: which job is next, one step of it.

job_step.py  One step of one job
loop.py      The loop of the process that exports
"""
