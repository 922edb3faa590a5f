from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0009_chain_audit_entries"),
    ]

    operations = [
        migrations.AddField(
            model_name="worker",
            name="overrides_protected",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
