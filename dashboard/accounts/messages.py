"""Texts for people about accounts, tokens and signing in. Limits of attempts are worded in
`attempts/messages.py`, rules of passwords beside their rules, which Django shows."""

from __future__ import annotations

from typing import Final

from dashboard.accounts.models import Role

# --- Signing in -----------------------------------------------------------------------------------

SIGN_IN_CANCELED: Final = "Sign-in was canceled."
SWITCHED_OFF: Final = "This account is switched off. Ask an admin."
INCORRECT_CODE: Final = "This code is not right. Codes change every 30 seconds."
LAST_FACTOR: Final = "A second factor is required here: add another one before you remove this one."
SESSION_ENDED: Final = {
    "idle": "You were signed out because you were inactive.",
    "age": "Your session expired. Please sign in again.",
    "provider": (
        "Sign in again, so that your identity provider confirms that you still have access."
    ),
}
"""By `session_limits.End`."""
FACTOR_CHANGED: Final = {
    "mfa/messages/totp_activated.txt": "Your authenticator app is set up.",
    "mfa/messages/totp_deactivated.txt": "Your authenticator app is removed.",
    "mfa/messages/webauthn_added.txt": "The passkey is added.",
    "mfa/messages/webauthn_removed.txt": "The passkey is removed.",
    "mfa/messages/recovery_codes_generated.txt": "You have new recovery codes. The old ones ended.",
}
"""By allauth's template. The others need no message."""
PASSWORD_CHANGED: Final = "Your password is changed; other browsers are signed out."
OTHERS_SIGNED_OUT: Final = "All other browsers are signed out."
ALREADY_SIGNED_OUT: Final = "That browser was already signed out."


def use_provider(provider: str) -> str:
    return f"Sign in with {provider}: it has your account."


def browser_signed_out(device: str) -> str:
    return f"{device} is signed out."


def welcome(name: str) -> str:
    return f"Welcome, {name}. Your password is set."


def wrong_password(attempts_left: int) -> str:
    return f"Wrong password. {attempts_left} more attempts before a pause."


def too_many_passwords(minutes: int) -> str:
    return f"Too many wrong passwords. Try again in {minutes} minutes."


# --- The identity provider ------------------------------------------------------------------------

NO_GROUP: Final = "None of your groups has access to Sluice. Ask an admin."


def not_confirmed(provider: str) -> str:
    return f"{provider} did not confirm who you are."


def name_reserved(name: str) -> str:
    return f"The name {name!r} is reserved. Ask an admin."


def name_unusable(name: str) -> str:
    return (
        f"The name {name!r} cannot be used here: another person has it or it has characters "
        "that names cannot have. Ask an admin."
    )


def no_name(provider: str) -> str:
    return f"{provider} sent no name for you."


# --- People ---------------------------------------------------------------------------------------

MAY: Final = {
    Role.VIEWER: "see everything, use the playground with GET and HEAD",
    Role.OPERATOR: "upload, deploy, use every method in the playground",
    Role.REVIEWER: "operate, approve or reject what a policy says needs it",
    Role.ADMIN: "operate, approve, manage people, tokens and exports, delete Workers",
}
"""What each role may do."""
NAME_MISSING: Final = "Enter a name."
UNKNOWN_ACTION: Final = "Unknown action. Reload the page."
NOT_YOURSELF: Final = "You cannot change your own role or account. Ask another admin."
NO_LONGER_ADMIN: Final = "You are no longer an admin. Nothing was changed."


def unknown_role(role: str) -> str:
    return f"There is no role called {role!r}."


def name_taken(name: str) -> str:
    return f"The name {name} is taken. Choose another one."


def role_set(name: str, role: Role) -> str:
    return f"{name} is {role.label.lower()} now."


def role_changed_meanwhile(name: str, role: Role) -> str:
    return f"{name} is {role.label.lower()} now: another person changed it."


def signed_out(name: str, sessions: int) -> str:
    return f"{name} is signed out of {sessions} session{'' if sessions == 1 else 's'}."


def factor_removed(name: str) -> str:
    return f"{name} signs in with the password alone until they add a second factor."


def switched(name: str, *, on: bool) -> str:
    return f"{name} is switched {_on_or_off(on)}."


def switched_already(name: str, *, on: bool) -> str:
    return f"{name} is {_on_or_off(on)} already."


def no_password_to_set(name: str) -> str:
    return f"{name} cannot sign in: there is no password to set."


def _on_or_off(on: bool) -> str:
    return "on" if on else "off"


# --- Tokens ---------------------------------------------------------------------------------------

TOKEN_NEEDS_NAME: Final = "Enter what the token is for."
TOKEN_ENDED: Final = {
    ("remove", True): "is off the list.",
    ("remove", False): "still works, so it stays on the list: revoke it first.",
    ("revoke", True): "is revoked. Requests that use it are refused.",
    ("revoke", False): "was revoked already.",
}
"""What follows the name of a token, by action and whether it was done."""


def token_name_taken(owner: str, name: str) -> str:
    return f"{owner} has a token called {name!r} in use."


def token_needs_role(owner: str, role: Role) -> str:
    return f"{owner} would need the role {role.label.lower()} for that."


def unknown_workers(names: list[str]) -> str:
    return f"There is no Worker called {', '.join(names)}."


# --- Clients that are not signed in ---------------------------------------------------------------


def busy(seconds: int) -> str:
    return f"Sluice is busy. Try again in {seconds} seconds.\n"


def body_too_large(limit: int) -> str:
    """`limit` in bytes."""
    return f"Sign in to send more than {limit // 1024} KB.\n"
