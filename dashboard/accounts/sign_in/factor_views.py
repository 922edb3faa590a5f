"""allauth's page of second factors, with why one may be sent there."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.views import IndexView

from dashboard.accounts.sign_in.second_factor import is_due


class Factors(IndexView):
    def get_context_data(self, **facts: Any) -> dict[str, Any]:
        return {**super().get_context_data(**facts), "must_add_factor": is_due(self.request)}


index = Factors.as_view()
