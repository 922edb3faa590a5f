"""Texts of the editor that are not in its templates: problems of a form, and what was saved."""

from __future__ import annotations

# Titles

REFUSED = "Version refused. Nothing changed."
INCOMPLETE = "Not saved. Something is missing."
NOT_SAVED = "Not saved."
NOT_SAVED_YET = "Not saved yet."
NOTHING_SAVED = "Nothing saved."

# Problems of a form

MODULE_NAME = "Every module needs a name of 1 to 1024 printable characters."
MAIN_MODULE = "Choose the main module."
DATE = "The compatibility date is a day such as 2026-11-23."
BINDING_NAME = "Every binding needs a name."
UNSTORABLE = "a NUL or half a surrogate pair cannot be stored"


def module_gone(name: str) -> str:
    return f"Module {name}: its content is gone. Add it again."


def same_module_name(name: str) -> str:
    return f"Two modules are called {name}."


def same_binding_name(name: str) -> str:
    return f"Two bindings are called {name}."


def tag_too_long(limit: int) -> str:
    return f"A tag has at most {limit} bytes."


def message_too_long(limit: int) -> str:
    return f"A message has at most {limit} bytes."


def value_too_long(name: str, limit: int) -> str:
    return f"Binding {name}: its value has at most {limit} bytes."


def no_entrypoint(binding: str, worker: str, entrypoint: str) -> str:
    return f"Binding {binding}: the Worker “{worker}” exports no “{entrypoint}”."


def no_worker(binding: str, worker: str) -> str:
    return f"Binding {binding}: there is no Worker called “{worker}”."


def type_unknown(name: str, kind: str) -> str:
    return f"Binding {name}: the editor cannot create type {kind[:40]!r}."


def namespace_missing(name: str) -> str:
    return f"Binding {name}: choose what it is bound to, or create it in Storage first."


def binding_invalid(name: str, problem: str) -> str:
    return f"Binding {name}: {problem}."


def class_of(class_name: str, worker: str) -> str:
    return f"{class_name} of {worker}"


def class_missing(name: str) -> str:
    return (
        f"Binding {name}: choose a class. A migration creates one: deploy with wrangler, with the "
        "class in new_sqlite_classes."
    )


def not_json(name: str, error: Exception) -> str:
    return f"Binding {name} is not valid JSON: {error}."


def not_json_value(word: str) -> str:
    return f"{word} is not a JSON value"


def secret_lost(name: str) -> str:
    return f"Secret {name}: type its value again."


def secret_missing(name: str) -> str:
    return f"Secret {name} needs a value."


def name_taken(worker: str) -> str:
    return f"A Worker called {worker} exists already."


def takes_away(candidate: str, percentage: str) -> str:
    return (
        f"{candidate} is live at {percentage}. Staging this version takes that away. "
        "Check the box under Save and stage to do it anyway."
    )


def uploaded_meanwhile(error: Exception) -> str:
    return f"{error} Save again to create a version after it."


# Uploaded files


def added(names: list[str]) -> str:
    return f"Added: {_listed(names)}."


def replaced(names: list[str]) -> str:
    return f"Replaced the module of the same name: {_listed(names)}."


def left_out(limit: int, names: list[str]) -> str:
    return f"The editor creates versions of at most {limit} modules. Not added: {_listed(names)}."


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


# What was saved


def saved(number: int) -> str:
    return f"Saved #{number}. No request reaches it until it is deployed."


def saved_for_review(number: int, title: str) -> str:
    return f"Saved #{number}. {title}"


def saved_not_staged(number: int, error: Exception) -> str:
    return f"Saved #{number}, but not staged. {error}"
