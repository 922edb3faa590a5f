"""R2 buckets: the control plane's side of `routing/runtime/state/r2.js`.

objects.py       list, read, store and delete objects
buckets.py       create and delete buckets
download.py      an object as a streamed response
page_context.py  what its pages show
views.py         folders, objects, uploads, deletion
"""
