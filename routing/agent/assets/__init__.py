"""Static assets on this edge's disk: one folder per version, which its process serves.

folders.py    builds the folders from content that is stored once by SHA-256, and deletes them
neighbors.py  which files the versions of one deployment serve for each other (pure)
"""
