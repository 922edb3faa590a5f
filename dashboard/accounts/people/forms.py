"""The forms on the page of people and tokens."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.db.models import Q, QuerySet
from django.http import QueryDict

from dashboard.accounts import messages
from dashboard.accounts.models import Role, Token, User
from routing.models import Worker

#: How long tokens work: days, words. Without days they work until they are revoked.
LASTING = [("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "until it is revoked")]
KINDS = [("person", "A person, who gets a link"), ("machine", "CI or a tool, by token only")]


class InviteForm(forms.Form):
    # The audit trail has names: none may look like another one.
    username = forms.CharField(
        label="Name",
        max_length=60,
        validators=[ASCIIUsernameValidator()],
        error_messages={"required": messages.NAME_MISSING},
    )
    email = forms.EmailField(label="E-mail", required=False, max_length=254)
    role = forms.ChoiceField(choices=Role.choices)
    kind = forms.ChoiceField(choices=KINDS)


class TokenForm(forms.Form):
    """For the token of `person` or, if they are an admin, of a machine account."""

    name = forms.CharField(max_length=100, error_messages={"required": messages.TOKEN_NEEDS_NAME})
    owner = forms.ModelChoiceField(User.objects.none(), empty_label=None)
    scope = forms.ChoiceField(label="May", choices=Token.Scope.choices)
    workers = forms.ModelMultipleChoiceField(
        Worker.objects.order_by("name"),
        label="Changes only",
        required=False,
        to_field_name="name",
    )
    days = forms.ChoiceField(label="Works for", choices=LASTING, required=False)

    def __init__(self, person: User, given: QueryDict) -> None:
        super().__init__(given)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = owners(person)

    def expires_on(self, now: datetime) -> datetime | None:
        days = self.cleaned_data["days"]
        return now + timedelta(days=int(days)) if days else None


def owners(person: User) -> QuerySet[User]:
    """Owners that `person` may choose: themselves and accounts of machines. Deployments by a token
    carry its owner's name."""
    theirs = Q(pk=person.pk)
    if person.may(Role.ADMIN):
        theirs |= Q(by_token_only=True, is_active=True)
    return User.objects.filter(theirs).order_by("by_token_only", "username")
