from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0009_templates_and_segments"),
    ]

    operations = [
        migrations.CreateModel(
            name="SummedDelivery",
            fields=[
                ("delivery", models.BigIntegerField(primary_key=True, serialize=False)),
                ("seen", models.JSONField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "summed_delivery",
            },
        ),
        migrations.CreateModel(
            name="DomainFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("delivery", models.BigIntegerField()),
                ("domain", models.CharField(blank=True, max_length=255)),
                ("provider", models.CharField(blank=True, max_length=64)),
                ("delivered", models.BigIntegerField(default=0)),
                ("failed", models.BigIntegerField(default=0)),
                ("returned", models.BigIntegerField(default=0)),
                ("complained", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "domain_fact",
                "indexes": [models.Index(fields=["delivery"], name="domain_fact_delivery")],
            },
        ),
        migrations.CreateModel(
            name="QuarantineSize",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("channel", models.CharField(max_length=8)),
                ("status", models.CharField(blank=True, max_length=16)),
                ("reason", models.CharField(blank=True, max_length=32)),
                ("number", models.BigIntegerField()),
                ("recent", models.BigIntegerField(default=0)),
                ("this_year", models.BigIntegerField(default=0)),
                ("leaving", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "quarantine_size",
                "constraints": [
                    models.UniqueConstraint(fields=("day", "channel", "status", "reason"), name="quarantine_size_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SendingFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("delivery", models.BigIntegerField()),
                ("channel", models.CharField(max_length=8)),
                ("hour", models.DateTimeField()),
                ("kind", models.CharField(max_length=16)),
                ("provider", models.CharField(blank=True, max_length=64)),
                ("type", models.CharField(blank=True, max_length=8)),
                ("reason", models.CharField(blank=True, max_length=32)),
                ("cause", models.CharField(blank=True, max_length=32)),
                ("late", models.BooleanField(default=False)),
                ("number", models.BigIntegerField()),
                ("attempts", models.BigIntegerField(default=0)),
                ("seconds", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "sending_fact",
                "indexes": [
                    models.Index(fields=["delivery"], name="sending_fact_delivery"),
                    models.Index(fields=["hour", "kind"], name="sending_fact_hour"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StatusChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("channel", models.CharField(max_length=8)),
                ("before", models.CharField(max_length=16)),
                ("after", models.CharField(max_length=16)),
                ("reason", models.CharField(blank=True, max_length=32)),
                ("cause", models.CharField(blank=True, max_length=32)),
                ("delivery", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "status_change",
                "indexes": [models.Index(fields=["at"], name="status_change_at")],
            },
        ),
    ]
