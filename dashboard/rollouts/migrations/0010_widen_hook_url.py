"""A redacted URL can be longer than the URL, so its column has no limit. PostgreSQL rewrites no rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rollouts", "0009_seal_hook_urls")]
    operations = [
        migrations.AlterField(model_name="hook", name="url", field=models.TextField()),
    ]
