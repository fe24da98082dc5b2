import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0006_seen_packs_and_told_alerts"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("digest", models.CharField(max_length=64)),
                ("role", models.CharField(max_length=16)),
                ("scopes", models.JSONField(default=list)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=150)),
                ("expires_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("revoked_by", models.CharField(blank=True, max_length=150)),
                ("last_used_on", models.DateField(null=True)),
            ],
            options={
                "db_table": "api_key",
            },
        ),
        migrations.CreateModel(
            name="WebhookSubscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=100)),
                ("url", models.TextField()),
                ("events", models.JSONField(default=list)),
                ("active", models.BooleanField(default=True)),
                ("ended_because", models.TextField(blank=True)),
                ("salt", models.CharField(max_length=64)),
                ("old_salt", models.CharField(blank=True, max_length=64)),
                ("old_until", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.CharField(max_length=150)),
            ],
            options={
                "db_table": "webhook_subscription",
            },
        ),
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.BigIntegerField()),
                ("name", models.CharField(max_length=255)),
                ("digest", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("status", models.SmallIntegerField(null=True)),
                ("content_type", models.CharField(blank=True, max_length=100)),
                ("body", models.BinaryField(default=b"")),
            ],
            options={
                "db_table": "kept_answer",
                "indexes": [models.Index(fields=["at"], name="kept_answer_at")],
                "constraints": [models.UniqueConstraint(fields=("key", "name"), name="kept_answer_once")],
            },
        ),
        migrations.CreateModel(
            name="WebhookEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("type", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("body", models.TextField()),
            ],
            options={
                "db_table": "webhook_event",
                "indexes": [models.Index(fields=["at"], name="webhook_event_at")],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=16)),
                ("attempts", models.IntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField(null=True)),
                ("answer", models.IntegerField(null=True)),
                ("problem", models.TextField(blank=True)),
                ("event", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.webhookevent")),
                (
                    "subscription",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="store.webhooksubscription"
                    ),
                ),
            ],
            options={
                "db_table": "webhook_delivery",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["subscription", "due_at"],
                        name="webhook_delivery_due",
                    ),
                    models.Index(fields=["subscription", "id"], name="webhook_delivery_log"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("subscription", "event"), name="webhook_delivery_once")
                ],
            },
        ),
    ]
