"""`make run`: a working system on one machine, from an empty folder, stopped with Ctrl-C.

`__main__` is the order of events, `first` what only the first run does, `demo` the demo Workers,
`children` the processes, `restarts` when one that ended is started again, `process_file` what
/healthz reads of them, `web` the web process itself, `listener` what strangers can take of its
connections, `memory` how that of large requests goes back.
"""
