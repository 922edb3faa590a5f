"""What people and tools see. One folder is one room; README.md, "to change X, open Y"."""
