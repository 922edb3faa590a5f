"""The editor's form as a browser sends it, and what came of it."""

OTHER = "export default { fetch() { return new Response('two'); } };"


def fields(worker, **changed):
    """The form as it is opened, with what was changed in it."""
    base = worker.versions.newest_first().first()
    live = worker.deployments.newest_first().first()
    sent = {
        "base": str(base.id),
        "latest": str(base.id),
        "expected": str(live.id) if live else "",
        "modules": "1",
        "bindings": "2",
        "main": "0",
        "module-0-name": "index.js",
        "module-0-type": "application/javascript+module",
        "module-0-text": OTHER,
        "module-0-kept": base.modules.first().module_id,
        "binding-0-name": "GREETING",
        "binding-0-kind": "plain_text",
        "binding-0-value": "hi",
        "binding-0-kept": "GREETING",
        "binding-1-name": "TOKEN",
        "binding-1-kind": "secret_text",
        "binding-1-value": "",
        "binding-1-kept": "TOKEN",
        "compatibility_date": "2026-08-01",
        "compatibility_flags": "",
        "tag": "v2",
        "message": "Second",
        "act": "save",
    }
    return sent | {name.replace("__", "-"): value for name, value in changed.items()}


def post(client, worker, **changed):
    return client.post("/workers/shop/edit/", fields(worker, **changed))


def newest(worker):
    return worker.versions.newest_first().first()


def live(worker):
    active = worker.deployments.newest_first().first()
    return [(s.version.number, s.percentage) for s in active.shares.select_related("version")]
