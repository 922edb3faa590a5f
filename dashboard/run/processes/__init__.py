"""Processes of `make run`.

children.py      The processes of one run
leftovers.py     What an earlier run in this data folder left
log_rotation.py  Bounds the logs of the processes that `make run` starts
process_file.py  processes.json in the data folder
restarts.py      When a process that has ended is started again
run_file.py      run.json in the data folder
"""
