"""Which version answers a request. Pure: no I/O, clock or randomness.

decide.py     the whole decision with its steps; `judge` is the override half, for the edge
target.py     one Worker as the decision sees it
split.py      percentages ↔ weights, and the version that a draw chooses
affinity.py   the hash of a version key, exactly as Envoy computes it
override.py   Cloudflare-Workers-Version-Overrides, up to the requested version id
advice.py     the problem of an override that was not applied, and its fix
problem.py    kinds of problems and fixes, as data; pages and CLI word them
lineage.py    stable, candidate and previous versions of a Worker
names.py      valid names of Workers
object_assignment.py  which version runs a Durable Object
object_migrations.py  the classes of a Worker after a migration
cron.py       cron expressions
addresses/    which Worker a URL belongs to: route patterns
header/       parsing the override header, the place of an error, guesses at what was meant
permissions/  signed permissions for protected overrides

The contract is "The decision" in the specification. Names of reasons, outcomes and steps are part
of the API, the CLI, the logs and the pages.
"""
