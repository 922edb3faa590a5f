"""Who this edge is to the control plane: its key, its token, and how it connects.

identity.py     the key and the token in use
key_file.py     the private key that secrets are sealed to
tokens.py       the token: from the settings, from a file, or from a join
join.py         exchanges a join token for credentials, at the first start
clock.py        how far this machine's clock is off (pure)
removal.py      erases what a removed edge must not keep
"""
