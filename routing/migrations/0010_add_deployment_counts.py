"""How the edges count the requests of a deployment that a rollout made; None for all others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0009_chain_audit_entries"),
    ]

    operations = [
        migrations.AddField(
            model_name="deployment",
            name="counts",
            field=models.JSONField(null=True),
        ),
    ]
