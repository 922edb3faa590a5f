"""What a removed edge erases."""

from routing.agent.identity import removal


def test_code_assets_secrets_and_credentials_are_erased_and_logs_stay(tmp_path):
    erased = (
        "snapshot.json",
        "snapshot.earlier.json",
        "credentials.json",
        "joining.json",
        "edge_key",
        "modules/ab12",
        "assets/files/ab12",
        "assets/v1/img/logo.svg",
        "assets/v1.json",
    )
    kept = ("log/public.log", "status.json")
    for name in (*erased, *kept):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    removal.erase(tmp_path)
    left = {f"{p.relative_to(tmp_path)}" for p in tmp_path.rglob("*") if p.is_file()}
    assert left == set(kept)
