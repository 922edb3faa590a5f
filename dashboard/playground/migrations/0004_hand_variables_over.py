from django.db import migrations


class Migration(migrations.Migration):
    """The model goes to the room of variables. The table and its rows stay as they are."""

    dependencies = [
        ("playground", "0003_add_what_ended_an_answer"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name="Variable")],
            database_operations=[],
        ),
    ]
