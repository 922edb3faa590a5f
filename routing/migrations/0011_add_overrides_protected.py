from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0010_add_deployment_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="worker",
            name="overrides_protected",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
