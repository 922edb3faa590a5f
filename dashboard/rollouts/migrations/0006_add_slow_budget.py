"""Thresholds of slow requests, fixed when a rollout starts. Earlier rollouts have none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rollouts", "0005_add_saved_plans"),
    ]

    operations = [
        migrations.AddField(
            model_name="rollout",
            name="slow_budget",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
