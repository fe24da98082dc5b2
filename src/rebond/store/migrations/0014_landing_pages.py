import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0013_audit_object")]
    operations = [
        migrations.CreateModel(
            name="LandingPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=255)),
                ("languages", models.JSONField()),
                ("services", models.JSONField()),
                ("fields", models.JSONField(default=list)),
                ("texts", models.JSONField()),
                ("theme", models.CharField(max_length=16)),
                ("sender", models.TextField()),
                ("active", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "landing_page",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at__isnull", True)), fields=("slug",), name="landing_page_slug"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="LandingText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=32)),
                ("language", models.CharField(max_length=8)),
                ("content", models.JSONField()),
                ("at", models.DateTimeField()),
                (
                    "page",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.landingpage"
                    ),
                ),
            ],
            options={
                "db_table": "landing_text",
            },
        ),
        migrations.CreateModel(
            name="ConfirmationRun",
            fields=[
                ("delivery", models.BigIntegerField(primary_key=True, serialize=False)),
                ("open_until", models.DateTimeField()),
                ("text", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.landingtext")),
            ],
            options={
                "db_table": "confirmation_run",
            },
        ),
        migrations.CreateModel(
            name="OptInFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("page", models.BigIntegerField()),
                ("hour", models.DateTimeField()),
                ("requested", models.BigIntegerField(default=0)),
                ("repeated", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                ("confirmed", models.BigIntegerField(default=0)),
                ("in_10_minutes", models.BigIntegerField(default=0)),
                ("in_an_hour", models.BigIntegerField(default=0)),
                ("in_a_day", models.BigIntegerField(default=0)),
                ("in_two_days", models.BigIntegerField(default=0)),
                ("seconds", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "opt_in_fact",
                "constraints": [models.UniqueConstraint(fields=("hour", "page"), name="opt_in_fact_once")],
            },
        ),
        migrations.CreateModel(
            name="OptInRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.TextField()),
                ("address_key", models.CharField(max_length=320)),
                ("services", models.JSONField()),
                ("fields", models.JSONField(default=dict)),
                ("source", models.CharField(max_length=16)),
                ("status", models.CharField(max_length=16)),
                ("asked_at", models.DateTimeField()),
                ("asked_from", models.CharField(blank=True, max_length=64)),
                ("network", models.CharField(blank=True, max_length=64)),
                ("due_at", models.DateTimeField(null=True)),
                ("mailed_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("key", models.SmallIntegerField(default=0)),
                ("message", models.BigIntegerField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirmed_from", models.CharField(blank=True, max_length=64)),
                ("profile", models.BigIntegerField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("page", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.landingpage")),
                ("text", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.landingtext")),
            ],
            options={
                "db_table": "opt_in_request",
            },
        ),
        migrations.AddConstraint(
            model_name="landingtext",
            constraint=models.UniqueConstraint(fields=("page", "digest"), name="landing_text_once"),
        ),
        migrations.AddIndex(
            model_name="optinrequest",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["due_at", "id"], name="opt_in_due"
            ),
        ),
        migrations.AddIndex(
            model_name="optinrequest",
            index=models.Index(fields=["address_key", "asked_at"], name="opt_in_address"),
        ),
        migrations.AddIndex(
            model_name="optinrequest",
            index=models.Index(fields=["network", "asked_at"], name="opt_in_network"),
        ),
        migrations.AddIndex(
            model_name="optinrequest",
            index=models.Index(fields=["status", "asked_at"], name="opt_in_status"),
        ),
        migrations.AddIndex(
            model_name="optinrequest",
            index=models.Index(
                condition=models.Q(("message__isnull", False)), fields=["message"], name="opt_in_message"
            ),
        ),
        migrations.AddIndex(
            model_name="optinrequest",
            index=models.Index(
                condition=models.Q(("profile__isnull", False)), fields=["profile"], name="opt_in_profile"
            ),
        ),
    ]
