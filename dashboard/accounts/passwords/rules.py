"""What a password must not be, beside short or on Django's list of 20,000 from breaches."""

from __future__ import annotations

import re

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

CONTEXT_WORDS = frozenset(
    "sluice admin administrator reviewer operator viewer worker workers cloudflare wrangler "
    "workerd envoy deploy deployment rollout dashboard".split()
)
"""Words that a person who guesses would try here first. `deploy/asvs.md` names them."""

_DISGUISES = str.maketrans("013457@$!", "oleastasi")
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST = 128
"""Longer passwords are of several words, or of no word at all: nothing here applies to them."""


class DisguisedWord:
    """Refuses a common password, a name or a word of this product with digits and signs around it
    or in place of letters: `Passw0rd!`, `jonas-2026`, `sluice123`.

    Long passwords of several words are welcome, whatever the words.
    """

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raises `ValidationError` with what to choose instead."""
        refused = CONTEXT_WORDS | _names_of(user)
        common = CommonPasswordValidator().passwords
        for plain in plain_forms(password):
            if plain in refused or plain in common:
                raise ValidationError(
                    "This password is too easy to guess: a common word or a name with digits or "
                    "signs. Several words that do not belong together are a good one.",
                    code="password_disguised_word",
                )

    def get_help_text(self) -> str:
        return "Your password can’t be a common word or a name with digits or signs around it."


def plain_forms(password: str) -> set[str]:
    """The one word that a password consists of, as typed and with look-alikes put back; empty if it
    has several words."""
    if len(password) > _LONGEST:
        return set()
    lower = password.lower()
    forms = {lower, lower.translate(_DISGUISES), lower.rstrip("!").translate(_DISGUISES)}
    ends_off = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", lower)
    forms |= {ends_off, ends_off.translate(_DISGUISES)}
    words = {form: _WORD.findall(form) for form in forms}
    return {parts[0] for parts in words.values() if len(parts) == 1}


def _names_of(user: AbstractBaseUser | None) -> set[str]:
    given = f"{getattr(user, 'username', '')} {getattr(user, 'email', '')}".lower()
    return {word for word in _WORD.findall(given) if len(word) > 2}
