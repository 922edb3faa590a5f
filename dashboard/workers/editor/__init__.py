"""The editor: a new version from the browser.

draft.py        What the editor's form says, checked and put together
errors.py       Why a version was not saved, in the runtime's words, and the line those words
                are about
form.py         The editor's form
form_fields.py  One module and one binding of the editor's form
line_breaks.py  Forms and code editors know one line break, files know three
outlook.py      What the editor says before a button is pressed
save.py         Saving what the editor holds
views.py        Making a version in the browser
"""
