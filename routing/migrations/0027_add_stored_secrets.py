import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0026_add_objects"),
    ]

    operations = [
        migrations.CreateModel(
            name="StoredSecret",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=255)),
                ("comment", models.CharField(blank=True, default="", max_length=1024)),
                ("scopes", models.JSONField(default=list)),
                ("sealed", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("modified_at", models.DateTimeField()),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="secrets",
                        to="routing.statenamespace",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("store", "name"), name="stored_secret_name_once"
                    )
                ],
            },
        ),
    ]
