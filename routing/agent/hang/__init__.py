"""Tells a process that hangs from one that is slow because the machine is.

silence.py     when is a process that does not answer hung? (pure)
cpu_wait.py    how long a process has waited for a CPU, as the kernel counts it
probe.py       one raw request on a socket, and whether any byte has come back
detector.py    probes a socket again and again; returns once its process hangs
listener.py    the same for Envoy's worker threads, without a request
envoy.py       Envoy as a whole
"""
