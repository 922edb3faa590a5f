import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0004_hand_variables_over"),
        ("smoketests", "0001_suites_and_runs"),
    ]

    operations = [
        migrations.AddField(
            model_name="saved",
            name="suite",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="smoketests.suite",
            ),
        ),
        migrations.AddField(
            model_name="saved",
            name="check_name",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]
