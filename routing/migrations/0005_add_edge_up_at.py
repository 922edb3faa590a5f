"""Since when an edge is up: nothing propagates to an edge that is not there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0004_add_edge_lagging"),
    ]

    operations = [
        migrations.AddField(
            model_name="edge",
            name="up_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="propagation",
            name="up_at",
            field=models.DateTimeField(null=True),
        ),
    ]
