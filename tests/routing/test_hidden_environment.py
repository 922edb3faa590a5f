"""No secret stays in /proc/<pid>/environ."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from routing import hidden_environment
from routing.hidden_environment import SECRETS, hand_over, without_secrets

PROJECT = Path(hidden_environment.__file__).parents[1]
PROGRAM = """
import os, subprocess
from routing.hidden_environment import hide
hide()
print(open("/proc/self/environ", "rb").read().replace(b"\\0", b" "))
print(os.environ.get("SLUICE_ADMIN_PASSWORD"), os.environ["SLUICE_DOMAIN"])
print(subprocess.run(["/bin/sh", "-c", "cat /proc/$PPID/environ | tr '\\\\0' ' '"],
                     capture_output=True, text=True).stdout)
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")


def said(environ, **options):
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=PROJECT,
        env=environ,
        capture_output=True,
        text=True,
        **options,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_a_secret_is_gone_from_proc_and_still_known_to_the_program():
    environ = {name: f"hush-{name}" for name in SECRETS} | {"SLUICE_DOMAIN": "example.com"}
    shown = said(environ | {"LAST": "one"})
    before, _, after = shown.partition("hush-SLUICE_ADMIN_PASSWORD example.com")
    assert after and "hush" not in before + after
    assert "SLUICE_DOMAIN=example.com" in before and "LAST=one" in before


def test_a_child_gets_secrets_through_a_pipe():
    given = {"SLUICE_ADMIN_PASSWORD": "hush", "SLUICE_DOMAIN": "example.com"}
    with hand_over(given) as (environ, descriptors):
        assert "hush" not in str(environ)
        shown = said(environ, pass_fds=descriptors)
    assert shown.count("hush") == 1 and "hush example.com" in shown
    with pytest.raises(OSError):
        os.fstat(descriptors[0])


def test_without_secrets_nothing_is_passed():
    with hand_over({"A": "b"}) as given:
        assert given == ({"A": "b"}, [])
    assert without_secrets({"A": "b", "DATABASE_URL": "postgres://"}) == {"A": "b"}


def test_an_empty_environment_is_no_fault():
    assert "None example.com" in said({"SLUICE_DOMAIN": "example.com"})


def test_scripts_of_the_command_line_cannot_read_its_secrets(tmp_path):
    """`manage.py smoke run` starts scripts of people, and is their parent."""
    script = "import subprocess; subprocess.run(['/bin/sh', '-c', 'cat /proc/$PPID/environ'])"
    run = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", script],
        cwd=PROJECT,
        env={"SLUICE_SECRET_KEY": "hush" * 10, "SLUICE_DATA_DIR": str(tmp_path), "MINE": "kept"},
        capture_output=True,
    )
    assert b"MINE=kept" in run.stdout and b"hush" not in run.stdout, run.stderr
