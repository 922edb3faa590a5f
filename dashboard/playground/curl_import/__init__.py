"""A pasted curl command as a request.

address.py      The address in a curl command
form.py         curl's -F: the parts of a form as the body that they become
options.py      curl's own options, and how its command line is read (curl 8.21,
                `src/tool_getparam.c`)
parse.py        A `curl` command → the playground's fields, and what could not be taken over
shell_words.py  A pasted command as its words
windows.py      A command as Windows' command prompt reads it, the way browsers copy one there
"""
