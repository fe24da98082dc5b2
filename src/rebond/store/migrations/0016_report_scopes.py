from typing import Any

from django.db import migrations, models

_COLUMNS = "delivery, channel, hour, kind, type, reason, cause, late"
# What is known of deliveries whose messages retention has taken stays; the job `aggregates` makes the rest.
_HOURS = (
    f"INSERT INTO hour_fact ({_COLUMNS}, number, attempts, seconds)"
    f" SELECT {_COLUMNS}, sum(number), sum(attempts), sum(seconds) FROM sending_fact GROUP BY {_COLUMNS}"
)


def _fact(*more: tuple[str, Any]) -> list[tuple[str, Any]]:
    return [
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("delivery", models.BigIntegerField()),
        ("channel", models.CharField(max_length=8)),
        ("hour", models.DateTimeField()),
        ("kind", models.CharField(max_length=16)),
        ("type", models.CharField(blank=True, max_length=8)),
        ("reason", models.CharField(blank=True, max_length=32)),
        ("cause", models.CharField(blank=True, max_length=32)),
        ("late", models.BooleanField(default=False)),
        ("number", models.BigIntegerField()),
        ("attempts", models.BigIntegerField(default=0)),
        ("seconds", models.BigIntegerField(default=0)),
        *more,
    ]


def _sum_changes(apps: Any, schema_editor: Any) -> None:
    postgresql = schema_editor.connection.vendor == "postgresql"
    hour = "date_trunc('hour', at)" if postgresql else "substr(at, 1, 13) || ':00:00'"
    schema_editor.execute(
        "INSERT INTO change_hour (hour, channel, before, after, origin, delivery, number)"
        f" SELECT {hour}, channel, before, after, '', delivery, count(*) FROM status_change GROUP BY 1, 2, 3, 4, 6"
    )


class Migration(migrations.Migration):
    dependencies = [("store", "0015_erasure")]
    operations = [
        migrations.CreateModel(
            name="HourFact",
            fields=_fact(),
            options={
                "db_table": "hour_fact",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["delivery"], name="hour_fact_delivery"),
                    models.Index(fields=["hour", "kind"], name="hour_fact_hour"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DomainHour",
            fields=_fact(
                ("provider", models.CharField(blank=True, max_length=64)),
                ("domain", models.CharField(blank=True, max_length=255)),
            ),
            options={
                "db_table": "domain_hour",
                "abstract": False,
                "indexes": [
                    models.Index(fields=["delivery"], name="domain_hour_delivery"),
                    models.Index(fields=["domain", "hour"], name="domain_hour_domain"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChangeHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField()),
                ("channel", models.CharField(max_length=8)),
                ("before", models.CharField(max_length=16)),
                ("after", models.CharField(max_length=16)),
                ("origin", models.CharField(blank=True, max_length=16)),
                ("delivery", models.BigIntegerField(null=True)),
                ("number", models.BigIntegerField()),
            ],
            options={
                "db_table": "change_hour",
                "indexes": [models.Index(fields=["hour"], name="change_hour_hour")],
            },
        ),
        migrations.AddIndex(
            model_name="sendingfact",
            index=models.Index(fields=["provider", "hour"], name="sending_fact_provider"),
        ),
        migrations.AddIndex(
            model_name="sendingfact",
            index=models.Index(
                fields=["provider"], name="sending_fact_complained", condition=models.Q(kind="complained")
            ),
        ),
        migrations.AddField(model_name="summeddelivery", name="whole", field=models.BooleanField(null=True)),
        migrations.AddField(
            model_name="statuschange",
            name="origin",
            field=models.CharField(blank=True, db_default="", max_length=16),
        ),
        migrations.AddField(
            model_name="statuschange",
            name="provider",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.AddField(
            model_name="statuschange",
            name="domain",
            field=models.CharField(blank=True, db_default="", max_length=255),
        ),
        migrations.RunSQL(_HOURS, migrations.RunSQL.noop),
        migrations.RunPython(_sum_changes, migrations.RunPython.noop),
    ]
