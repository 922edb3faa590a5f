import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """The model moves here from the playground. The table and its rows stay as they are."""

    initial = True

    dependencies = [
        ("playground", "0004_hand_variables_over"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Variable",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True,
                                primary_key=True,
                                serialize=False,
                                verbose_name="ID",
                            ),
                        ),
                        ("worker", models.CharField(max_length=63)),
                        ("name", models.CharField(max_length=63)),
                        ("value", models.TextField(blank=True)),
                        ("sealed", models.TextField(blank=True)),
                        ("changed_on", models.DateTimeField(default=django.utils.timezone.now)),
                    ],
                    options={
                        "db_table": "playground_variable",
                        "ordering": ["name"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("worker", "name"), name="playground_variable_once"
                            )
                        ],
                    },
                ),
            ],
            database_operations=[],
        ),
    ]
