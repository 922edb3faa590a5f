from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("smoketests", "0002_add_answers_of_stable"),
    ]

    operations = [
        migrations.AddField(
            model_name="smokerun",
            name="by_command",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="smokerun",
            name="has_evidence",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
