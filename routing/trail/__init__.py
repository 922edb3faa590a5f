"""The audit trail's chain: each entry's hash covers its content and the hash before it.

    origin.py     what one click, command or decision has in common: an id, a token, an address
    chain.py      pure: an entry's canonical content, and the hash that links it
    seal.py       appends committed entries to the chain, one after the other
    verify.py     walks the chain and names the first entry that is not as it was written
    retention.py  removes old entries and leaves a checkpoint

`routing/control/audit.py` writes entries, in the transaction of the change. They are sealed right
after its commit: a lock on the chain inside that transaction would deadlock with the rows that it
changes.
"""
