"""The processes of versions: started, watched, drained.

drain.py            Waits until no request is left in a version that has no route any more
encode.py           workerd's configuration as bytes, for `workerd serve --binary -`
hang_watch.py       Notices a version that hangs
last_applied.py     What an edge keeps on disk to serve after its own restart
listeners.py        The sockets of one version, bound here and handed to its process
process_config.py   The configuration of one version's process, whenever it starts
start_gate.py       Bounds how many processes start at a time, so that a restart does not
                    start all at once
supervisor.py       Performs the plan
version_process.py  The process of one version
"""
