"""Mail that Workers send with `send_email`: the outbox in the state process, and its delivery.

outbox.py        requests to the outbox
compose.py       a message of fields as an e-mail (pure)
deliver.py       hands one message to the mail server, or writes it to a folder
delivery.py      delivers what is due; a task of `manage.py work`
page_context.py  the page *Sent mail*
views.py         the page; the download of a message
messages.py      texts
"""
