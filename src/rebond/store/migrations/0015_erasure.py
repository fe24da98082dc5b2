from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0014_landing_pages")]
    operations = [
        migrations.CreateModel(
            name="Unsubscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
        migrations.CreateModel(
            name="ErasedAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("channel", models.CharField(max_length=8)),
                ("kind", models.CharField(max_length=8)),
                ("scope", models.CharField(blank=True, max_length=64)),
                ("status", models.CharField(max_length=16)),
                ("policy_digest", models.CharField(blank=True, max_length=16)),
                ("state", models.JSONField(default=dict)),
                ("until", models.DateTimeField(null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "erased_address",
                "constraints": [
                    models.UniqueConstraint(fields=["digest", "kind", "scope"], name="erased_address_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("profile", models.BigIntegerField(unique=True)),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=150)),
                ("numbers", models.JSONField(default=dict)),
                ("returns", models.JSONField(default=list)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "erasure",
                "indexes": [
                    models.Index(fields=["id"], name="erasure_unfinished", condition=models.Q(finished_at__isnull=True))
                ],
            },
        ),
    ]
