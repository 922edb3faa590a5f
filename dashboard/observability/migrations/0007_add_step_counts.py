"""Counts of rollouts' steps in short blocks. Steps of earlier releases have counts by minute only."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("observability", "0006_cover_latency_by_minute"),
    ]

    operations = [
        migrations.CreateModel(
            name="StepCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("deployment_id", models.CharField(max_length=36)),
                ("version_id", models.CharField(max_length=36)),
                ("start", models.PositiveBigIntegerField()),
                ("edge", models.CharField(max_length=63)),
                ("requests", models.PositiveBigIntegerField()),
                ("callers", models.PositiveBigIntegerField()),
                ("failed", models.PositiveBigIntegerField()),
                ("failing", models.PositiveBigIntegerField()),
                ("slow_p95", models.PositiveBigIntegerField()),
                ("slow_p95_callers", models.PositiveBigIntegerField()),
                ("slow_p99", models.PositiveBigIntegerField()),
                ("slow_p99_callers", models.PositiveBigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["start"], name="observabili_start_348ab3_idx")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("deployment_id", "version_id", "start", "edge"),
                        name="step_count_once",
                    )
                ],
            },
        ),
    ]
