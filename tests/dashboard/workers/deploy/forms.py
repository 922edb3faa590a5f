"""What the tests of the deploy forms send and read."""

from routing.models import Deployment


def version_id(worker, number):
    return str(worker.versions.get(number=number).id)


def live(worker):
    """The live split as (number, percentage) in the stored order."""
    active = worker.deployments.newest_first().first()
    return [(s.version.number, s.percentage) for s in active.shares.select_related("version")]


def newest(worker) -> Deployment:
    return worker.deployments.newest_first().first()


def post(client, worker, number, percentage, form="split", **fields):
    body = {
        "version": version_id(worker, number),
        "percentage": percentage,
        "expected": str(newest(worker).id),
    }
    return client.post(f"/workers/shop/{form}/", body | fields)
