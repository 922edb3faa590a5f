"""Signals about policies and reviews."""

from django.dispatch import Signal

policy_saved = Signal()
"""Sent inside the transaction with `edit` (PolicyEdit) and `by` (By)."""

review_changed = Signal()
"""Sent after commit with `proposal_id` (UUID), `code` (of a `ProposalEvent`), `worker` (name)."""

review_recorded = Signal()
"""Sent inside the transaction with `proposal`, `code` (of a `ProposalEvent`), `now`, `by` (User or
None) and `facts`."""
