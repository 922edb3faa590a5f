"""Workers: the list, one Worker's deployments and versions, and the forms that change the split.

views.py     list, deployments, one version
changes.py   set percentages (stage, step up, promote) and roll back: plain forms
proposal.py  the split somebody asks for, and what would be live after it
reads.py     the queries, in a number that does not grow with the rows
history.py   states and timeline entries in words
code.py      a version's modules, as text or as files; facts.py, what else it is made of
diff.py      any two versions side by side; compare.py does it, in a bounded time
editor.py    a version made in the browser: editor_form.py is its form, editor_fields.py one module
             or binding of it, editor_draft.py checks them, editor_save.py uploads,
             editor_refusal.py finds the line that is wrong, editor_outlook.py says what each button
             makes live; line_breaks.py keeps a file's own
addresses.py where a single version answers, deployed or not
commands.py  the same change as wrangler and curl; tool_commands.py, commands without a button
worker_settings.py  both switches, the account, deletion
templatetags/worker_head.py  the head of every page of a Worker, with its tabs and the LIVE strip
"""
