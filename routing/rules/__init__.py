"""Which version answers a request: pure functions without I/O, clock or dice.

    fields.py    header lines as the bytes that were on the wire
    names.py     what a Worker may be called
    split.py     percentages <-> weights, and the walk that turns a point into a version
    affinity.py  the version key's hash, exactly as Envoy computes it
    override.py  Cloudflare-Workers-Version-Overrides, up to "this id is asked for"
    plain_members.py  one member of a long field, at the speed of C
    permission.py  who may override a protected Worker, and why a permission does not count
    permission_token.py  a permission as signed text; presented.py finds those of a request
    target.py    one Worker as the decider sees it
    decide.py    the whole decision, with its steps; and `judge`, the override half, for the edge
    locate.py    where a field stops parsing, and where its members lie
    repair.py    guesses at the field that was meant
    problem.py   what is wrong with a header, as data; the words are the dashboard's
    cause.py     why a field stops parsing where it does
    advice.py    the problem of an override that was not applied

The contract is "The decision" in the project's specification; the names of reasons, outcomes and
steps are part of the API, the CLI, the logs and the pages.
"""
