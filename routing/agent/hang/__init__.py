"""Distinguishes a process that hangs from one that is slow because the machine is.

silence.py   when a process that does not answer counts as hung (pure)
cpu_wait.py  how long a process has waited for a CPU
probe.py     one raw request on a socket
detector.py  probes a socket until its process hangs
listener.py  probes Envoy's worker threads, without a request
envoy.py     Envoy's workers and main thread
"""
