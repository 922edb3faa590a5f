"""Changes that several resources share.

upload.py         upload a version, or a changed copy of the latest one
delete_worker.py  delete a Worker, unless others bind it
"""
