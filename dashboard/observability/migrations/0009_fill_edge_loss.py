"""Edges count what they lost; an earlier release knew it by its gaps alone."""

from django.db import migrations
from django.db.models import Sum


def fill(apps, schema_editor):
    edge = apps.get_model("routing", "Edge")
    gap = apps.get_model("observability", "Gap")
    sums = gap.objects.order_by().values_list("edge").annotate(lines=Sum("lines"))
    for name, lines in sums:
        edge.objects.filter(name=name, lost_lines=0).update(lost_lines=lines or 0)


class Migration(migrations.Migration):
    dependencies = [
        ("observability", "0008_add_unwritten_lines"),
        ("routing", "0013_add_edge_loss"),
    ]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
