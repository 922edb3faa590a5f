"""Changes that several endpoints make: an upload, the end of a Worker.

delete_worker.py  Deleting a Worker, and who would miss it
upload.py         Uploads from the API: one door to `routing.control.upload`, for every
                  endpoint that makes a version
"""
