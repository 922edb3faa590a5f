"""The column keeps its name, so that processes of the earlier release go on writing it."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0007_let_go_of_saved_expectations")]

    operations = [
        migrations.AlterField(
            "run",
            "beat_on",
            models.DateTimeField(db_column="beat_on", default=django.utils.timezone.now),
        ),
        migrations.RenameField("run", "beat_on", "heartbeat_at"),
    ]
