"""Static assets on this edge's disk: one folder per version, which its process serves.

file_store.py fetches contents and stores each once by SHA-256
folders.py    builds the folders of links to these contents, and deletes them
neighbors.py  which files the versions of one deployment serve for each other (pure)
"""
