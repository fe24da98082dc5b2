from typing import Any

from django.db import migrations, models


def _begin_anew(apps: Any, schema_editor: Any) -> None:
    # From now on a draft goes on from its cursor: what was prepared before it was edited is cleared away first.
    deliveries = apps.get_model("store", "Delivery").objects.using(schema_editor.connection.alias)
    deliveries.filter(status="draft", cursor__gt=0).update(cursor=-1)


class Migration(migrations.Migration):
    dependencies = [("store", "0016_report_scopes")]
    operations = [
        migrations.AddField("delivery", "scheduled_at", models.DateTimeField(null=True)),
        migrations.RunPython(_begin_anew, migrations.RunPython.noop),
    ]
