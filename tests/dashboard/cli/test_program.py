"""`sluice`: its commands, and what it says when it cannot start."""

import pytest

from dashboard.cli import messages
from dashboard.cli.program import main
from routing.version import VERSION


def test_the_version(capsys):
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"{VERSION}\n"


@pytest.mark.parametrize("command", sorted(messages.COMMANDS.keys() - {"manage"}))  # Django's
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert messages.COMMANDS[command][1].split("\n")[0] in capsys.readouterr().out


def test_wrong_usage_exits_with_2():
    for arguments in ([], ["serve"], ["setup", "--fast"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2


@pytest.mark.parametrize("command", ["setup", "web", "work"])
def test_without_shared_keys_nothing_starts_on_redis(
    command, settings, monkeypatch, capsys, tmp_path
):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    (tmp_path / "key").write_text("k" * 50)
    monkeypatch.setenv("SLUICE_SECRET_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.delenv("SLUICE_ACCOUNT_ID", raising=False)
    with pytest.raises(SystemExit) as ended:
        main([command])
    assert ended.value.code == 1
    printed = capsys.readouterr().err
    assert "SLUICE_ACCOUNT_ID must be set" in printed and "SLUICE_SECRET_KEY and" not in printed
