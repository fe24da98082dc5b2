from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0010_reports"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("alert", models.BigIntegerField()),
                ("ended", models.BooleanField(default=False)),
                ("place", models.CharField(max_length=255)),
                ("made_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
                ("tries", models.IntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True)),
            ],
            options={
                "db_table": "alert_notice",
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at__isnull", False), ("told_at__isnull", True)),
                        fields=["next_at"],
                        name="alert_notice_due",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("alert", "ended", "place"), name="alert_notice_once")],
            },
        ),
    ]
