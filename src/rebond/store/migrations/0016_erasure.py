from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0015_settling")]
    operations = [
        migrations.CreateModel(
            name="Unsubscription",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("profile", models.BigIntegerField()),
                ("delivery", models.BigIntegerField()),
                ("message", models.BigIntegerField(null=True)),
                ("channel", models.CharField(max_length=8)),
                ("service", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
                ("way", models.CharField(max_length=16)),
                ("source", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "db_table": "unsubscription",
                "indexes": [
                    models.Index(fields=["profile"], name="unsubscription_profile"),
                    models.Index(fields=["at"], name="unsubscription_at"),
                ],
            },
        ),
    ]
