"""The last hours that an earlier release counted: each request as one of a caller of its own."""

from django.db import migrations
from django.db.models import Max, Q, Sum

HOURS = 6
FAILED = Q(error__in=("exception", "5xx", "runtime"))


def fill(apps, schema_editor):
    count = apps.get_model("observability", "Count")
    caller_count = apps.get_model("observability", "CallerCount")
    minutes = count.objects.filter(span=60)
    newest = minutes.aggregate(at=Max("start"))["at"]
    if newest is None:
        return
    rows = (
        minutes.filter(start__gte=newest - HOURS * 3600)
        .exclude(hop="preview")
        .exclude(worker="")
        .values("worker", "start", "version_id", "deployment_id", "edge")
        .annotate(n=Sum("requests"), bad=Sum("requests", filter=FAILED, default=0))
        .order_by()
    )
    made = (
        caller_count(
            **{k: row[k] for k in row if k not in ("n", "bad")},
            callers=row["n"],
            failing=row["bad"],
            unknown=row["n"],
        )
        for row in rows.iterator()
    )
    caller_count.objects.bulk_create(made, batch_size=1000, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("observability", "0003_add_caller_counts")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
