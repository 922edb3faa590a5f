"""Certificates in files: which are used, what is refused, and what Envoy is told about changes."""

import json
import os

import pytest

from benchmarks.base.authority import Authority
from routing.agent.certificates.files import CertificateFiles, CertificateInvalid, in_folder
from routing.agent.certificates.provider import SPARE, CertificateProvider, CertificateSources
from routing.compile import names


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


@pytest.fixture
def root(tmp_path):
    (tmp_path / "edge" / "xds").mkdir(parents=True)
    return tmp_path / "edge"


def told(root, number):
    """The certificate that a secret file leads to."""
    [secret] = json.loads((root / names.secret_file(number)).read_text())["resources"]
    chain = secret["tls_certificate"]["certificate_chain"]["filename"]
    return os.path.realpath(root / chain)


def test_a_folder_has_pairs_in_both_layouts(authority, tmp_path):
    folder = tmp_path / "certificates"
    (folder / "live").mkdir(parents=True)
    for name in ("b", "a"):
        for path in authority.issue(name):
            os.rename(path, folder / path.name)
    certificate, key = authority.issue("live")
    os.rename(certificate, folder / "live/fullchain.pem")
    os.rename(key, folder / "live/privkey.pem")
    (folder / "alone.pem").write_text("no key")
    (folder / "README").write_text("")
    found = [pair.certificate.relative_to(folder) for pair in in_folder(folder)]
    assert [str(path) for path in found] == ["a.pem", "b.pem", "live/fullchain.pem"]


def test_spare_files_have_the_first_certificate(authority, root):
    main = CertificateFiles(*authority.issue("main"))
    provider = CertificateProvider(CertificateSources(main), root)
    provider.start()
    assert provider.slots == SPARE
    assert {told(root, number) for number in range(SPARE)} == {str(main.certificate)}
    assert not provider.refresh()


def test_half_a_replacement_is_not_used(authority, root):
    main = CertificateFiles(*authority.issue("main"))
    provider = CertificateProvider(CertificateSources(main), root)
    provider.start()
    before = (root / names.secret_file(0)).read_text()
    certificate, key = authority.issue("next")
    os.rename(key, main.key)
    assert not provider.refresh() and (root / names.secret_file(0)).read_text() == before
    os.rename(certificate, main.certificate)
    assert provider.refresh() and (root / names.secret_file(0)).read_text() != before


def test_a_certificate_is_added_to_and_removed_from_the_folder(authority, root, tmp_path):
    main, folder = CertificateFiles(*authority.issue("main")), tmp_path / "more"
    folder.mkdir()
    provider = CertificateProvider(CertificateSources(main, folder), root)
    provider.start()
    for path in authority.issue("shop"):
        os.rename(path, folder / path.name)
    assert provider.refresh() and told(root, 1) == str(folder / "shop.pem")
    for path in folder.iterdir():
        path.unlink()
    assert provider.refresh() and told(root, 1) == str(main.certificate)


@pytest.mark.parametrize("broken", ["certificate", "key", "other key"])
def test_a_broken_pair_is_refused_by_its_file(authority, broken):
    certificate, key = authority.issue("main")
    if broken == "certificate":
        certificate.write_text("nothing")
    else:
        key.write_bytes(authority.issue("other")[1].read_bytes() if "other" in broken else b"x")
    wrong = certificate if broken == "certificate" else key
    with pytest.raises(CertificateInvalid, match=str(wrong)):
        CertificateSources(CertificateFiles(certificate, key)).check()


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(CertificateInvalid, match="no certificate"):
        CertificateSources(folder=tmp_path).check()
