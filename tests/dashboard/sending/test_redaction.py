"""What of a request may be stored: a permission for an override opens a version to its reader."""

from dashboard.sending import redaction
from dashboard.sending.redaction import MASK


def test_a_permission_is_masked_as_header_and_in_the_address_of_a_shared_link():
    line = redaction.header_line("Sluice-Override-Permission: eyJa.eyJb.c")
    assert line == f"Sluice-Override-Permission: {MASK}"
    address = redaction.target("/__sluice/override?permission=eyJa.eyJb.c&path=/cart")
    assert address == f"/__sluice/override?permission={MASK}&path=/cart"


def test_words_about_permissions_stay():
    assert (
        redaction.body('{"permissions": "read", "x": "1"}') == '{"permissions": "read", "x": "1"}'
    )
