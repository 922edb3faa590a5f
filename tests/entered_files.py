"""The project's files that run while a view does: how far a reader has to go to follow it."""

import inspect
import sys
from pathlib import Path

from django.conf import settings


def files_entered(view, act):
    """Files of which a function runs while `act` has `view` answer; models aside."""
    files, inside = set(), []
    code = inspect.unwrap(view).__code__

    def profile(frame, event, _):
        if frame.f_code is code and event in ("call", "return"):
            inside.append(True) if event == "call" else inside.clear()
        if event == "call" and inside:
            files.add(frame.f_code.co_filename)

    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(None)
    return {name for path in files if (name := _in_project(path)) and "models" not in name}


def _in_project(path):
    try:
        name = Path(path).relative_to(settings.BASE_DIR).as_posix()
    except ValueError:
        return ""
    return name if name.startswith(("dashboard/", "routing/")) else ""
