import django.db.models.deletion
from django.db import migrations, models

import routing.models.object_namespaces

_ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0025_add_queue_consumers"),
    ]

    operations = [
        migrations.AddField(
            model_name="worker",
            name="migration_tag",
            field=models.CharField(blank=True, db_default="", default="", max_length=255),
        ),
        migrations.AddField(
            model_name="version",
            name="migration_tag",
            field=models.CharField(blank=True, max_length=255, null=True),
        ),
        migrations.AddField(
            model_name="version",
            name="object_classes",
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name="DeletedObjects",
            fields=[
                ("id", _ID),
                ("key", models.CharField(max_length=32, unique=True)),
                ("deleted_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ObjectNamespace",
            fields=[
                ("id", _ID.clone()),
                (
                    "key",
                    models.CharField(
                        default=routing.models.object_namespaces.new_key,
                        editable=False,
                        max_length=32,
                        unique=True,
                    ),
                ),
                ("class_name", models.CharField(max_length=255)),
                ("sqlite", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                (
                    "worker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="object_namespaces",
                        to="routing.worker",
                    ),
                ),
            ],
            options={
                "ordering": ["worker__name", "class_name"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("worker", "class_name"), name="object_class_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ObjectBinding",
            fields=[
                ("id", _ID.clone()),
                ("name", models.TextField()),
                ("namespace", models.CharField(db_index=True, max_length=32)),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="object_bindings",
                        to="routing.version",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("version", "name"), name="object_binding_once")
                ],
            },
        ),
    ]
