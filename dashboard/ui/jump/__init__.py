"""What the palette offers: verbs.py lists the verbs, matching.py says which words fit them."""
