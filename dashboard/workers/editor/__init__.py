"""The editor: a new version from the browser.

views.py        The page and its form
form.py         The form: from a version, or as sent
form_fields.py  One module, one binding of it
draft.py        Validates the form and builds the upload
save.py         Uploads, stages or deploys
errors.py       The runtime's error message, and the line it is about
messages.py     Problems of a form, and what was saved
outlook.py      What each button would make live; whether a name is free
line_breaks.py  Restores a file's own line breaks
"""
