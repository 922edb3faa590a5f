import pytest

from routing.agent.identity import key_file
from routing.agent.identity.key_file import KeyFileInvalid
from routing.agent.identity.tokens import (
    Credentials,
    JoinedToken,
    TokenFile,
    read_credentials,
    write_credentials,
)
from routing.snapshot import Secret


class Clock:
    now = 0.0

    def __call__(self):
        self.now += 2.0
        return self.now


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "token"
    path.write_text("sle_first-token\n")
    return path


def test_a_changed_token_file_is_read_again(file):
    source = TokenFile(file, Secret("sle_first-token"), Clock())
    assert source.current().reveal() == "sle_first-token"
    file.write_text("sle_second-token")
    assert source.current().reveal() == "sle_second-token"
    replacement = file.with_name("new")
    replacement.write_text("sle_third-token!")
    replacement.rename(file)
    assert source.current().reveal() == "sle_third-token!"


@pytest.mark.parametrize("content", [b"", b"has a space", b"short", b"\xff\xfe"])
def test_a_broken_token_file_leaves_the_token_in_use(file, content, caplog):
    source = TokenFile(file, Secret("sle_first-token"), Clock())
    file.write_bytes(content)
    assert source.current().reveal() == "sle_first-token"
    assert "stays in use" in caplog.text
    file.unlink()
    assert source.current().reveal() == "sle_first-token"


def test_credentials_are_private_and_follow_renewal_and_rename(tmp_path):
    path = tmp_path / "credentials.json"
    write_credentials(Credentials(token="sle_first", join_sha256="j", name="berlin-1"), path)
    assert path.stat().st_mode & 0o777 == 0o600
    source = JoinedToken(read_credentials(path), path)
    source.renew(Secret("sle_second"))
    source.rename("hamburg-1")
    assert (source.current().reveal(), source.name) == ("sle_second", "hamburg-1")
    stored = read_credentials(path)
    assert (stored.token, stored.name, stored.join_sha256) == ("sle_second", "hamburg-1", "j")


def test_the_key_is_made_once_and_private(tmp_path):
    path = tmp_path / "edge_key"
    key = key_file.load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert key_file.load_or_create(path).private_bytes_raw() == key.private_bytes_raw()
    path.write_text("damaged")
    with pytest.raises(KeyFileInvalid, match="edge_key"):
        key_file.load_or_create(path)
