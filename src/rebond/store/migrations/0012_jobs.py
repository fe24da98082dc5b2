from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0011_notifications"),
    ]

    operations = [
        migrations.CreateModel(
            name="JobHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=128, unique=True)),
                ("worker", models.CharField(blank=True, max_length=80)),
                ("since", models.DateTimeField(null=True)),
                ("until", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(null=True)),
                ("asked_by", models.CharField(blank=True, max_length=150)),
            ],
            options={"db_table": "job_hold"},
        ),
        migrations.CreateModel(
            name="RunningProcess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, unique=True)),
                ("kind", models.CharField(max_length=16)),
                ("host", models.CharField(max_length=64)),
                ("pid", models.IntegerField()),
                ("version", models.CharField(max_length=32)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
            ],
            options={"db_table": "running_process"},
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["action", "id"], name="audit_action"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["actor", "id"], name="audit_actor"),
        ),
    ]
