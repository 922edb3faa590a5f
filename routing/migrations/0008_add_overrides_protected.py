from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0007_fill_service_binding"),
    ]

    operations = [
        migrations.AddField(
            model_name="worker",
            name="overrides_protected",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
