"""The processes of versions: started, watched, drained.

adopted.py          Takes over what an earlier agent left running
drain.py            Waits until no request is left in a version that has no route any more
encode.py           workerd's configuration as bytes, for `workerd serve --binary -`
envoy_targets.py    Tells Envoy which versions it can reach and how to route
hang_watch.py       Notices a version that hangs
last_applied.py     What an edge keeps on disk to serve after its own restart
listeners.py        The sockets of one version, bound here and handed to its process
process_config.py   The configuration of one version's process, whenever it starts
snapshot_saver.py   Saves the applied snapshot, evicts modules that nothing needs
start_gate.py       Bounds how many processes start at a time, so that a restart does not
                    start all at once
supervisor.py       Performs the plan
versions.py         All processes of versions, and the edge's state that describes them
version_process.py  The process of one version
"""
