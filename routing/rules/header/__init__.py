"""The override header: parsing, explaining errors, suggesting fixes.

fields.py            HTTP header lines as bytes
fixes.py             Guesses at the override header that was meant
parse_error_text.py  Why a field stops parsing where it does
plain_members.py     One member of an override field, without the cost of http_sfv for every
                     other member
sf_items.py          Where one bare item ends
spans.py             Where an override field stops parsing, and where its members lie
"""
