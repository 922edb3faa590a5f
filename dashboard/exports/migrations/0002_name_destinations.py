"""Names for people in the state only: columns stay, so that code of the last release goes on.
`shown` becomes a text: a destination grows when its secrets are replaced."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_export_jobs")]

    operations = [
        migrations.AlterField("job", "shown", models.TextField()),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField("job", "sealed", "encrypted_destination"),
                migrations.AlterField(
                    "job", "encrypted_destination", models.TextField(db_column="sealed")
                ),
                migrations.RenameField("job", "shown", "redacted_destination"),
                migrations.AlterField(
                    "job", "redacted_destination", models.TextField(db_column="shown")
                ),
                migrations.RenameField("deadletter", "wanted", "retry_requested"),
                migrations.AlterField(
                    "deadletter",
                    "retry_requested",
                    models.BooleanField(db_column="wanted", default=False),
                ),
            ]
        ),
    ]
