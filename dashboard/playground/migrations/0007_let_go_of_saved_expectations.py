from django.db import migrations, models


class Migration(migrations.Migration):
    """The column stays for code of the release before, and takes rows that do not name it."""

    dependencies = [
        ("playground", "0006_turn_saved_checks_into_suites"),
    ]

    operations = [
        migrations.AlterField(
            model_name="saved",
            name="check_json",
            field=models.JSONField(
                default=dict,
                db_default=models.Value({}, models.JSONField()),
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name="saved", name="check_json")],
            database_operations=[],
        ),
    ]
