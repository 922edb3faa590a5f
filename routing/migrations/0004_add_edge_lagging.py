"""What an edge knows of the desired state, and the Workers that it still answers for by an older
deployment. The reports that follow fill them within seconds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0003_invocation_details"),
    ]

    operations = [
        migrations.AddField(
            model_name="edge",
            name="desired_revision",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="edge",
            name="lagging",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
