"""Where agents meet the control plane: snapshots, modules, reports, invocations; the edges page."""
