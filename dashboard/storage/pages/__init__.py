"""The pages of *Storage*.

views.py       the list of namespaces; create, rename, delete
context.py     what they show
kv_views.py    keys and values of a KV namespace
kv_context.py  what they show
value_form.py  the form of a value
"""
