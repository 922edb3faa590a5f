"""Durable Objects on this edge: which process may run which objects, their folders, their alarms.

objects.py       the whole, for the rest of the agent
handover.py      what each process is assigned next, so that no object runs twice (pure)
object_process.py  the agent's requests to one process
assignments.py   assigns objects to processes as percentages and processes change
folders.py       one folder per namespace, and the group that may use it
alarm_store.py   when objects are to be woken, on disk
alarm_clock.py   delivers due alarms
endpoint.py      what versions ask and tell on the agent's socket
"""
