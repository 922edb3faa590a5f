import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rollouts", "0004_add_plan_edits"),
        ("routing", "0007_fill_service_binding"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("created_at", models.DateTimeField()),
                (
                    "worker",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_plans",
                        to="routing.worker",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="SavedPlanEdit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("document", models.JSONField()),
                ("created_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "saved_plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="edits",
                        to="rollouts.savedplan",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
        migrations.AddConstraint(
            model_name="savedplan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("worker__isnull", False)),
                fields=("worker", "name"),
                name="plan_name_once_per_worker",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedplan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("worker__isnull", True)),
                fields=("name",),
                name="plan_name_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedplanedit",
            constraint=models.UniqueConstraint(
                fields=("saved_plan", "number"), name="plan_edit_once"
            ),
        ),
    ]
