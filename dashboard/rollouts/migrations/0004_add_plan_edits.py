from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rollouts", "0003_add_guardrail_readings")]

    operations = [
        migrations.AddField(
            model_name="rollout",
            name="next_plan",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="rollout",
            name="plan_edit",
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
    ]
