"""Groups with a list of models keep to it, even when nothing is left of it."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def limit(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("gallery", "Group").objects.filter(image_models__isnull=False).update(is_limited=True)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0021_retention")]

    operations = [
        migrations.AddField("group", "is_limited", models.BooleanField(default=False)),
        migrations.RunPython(limit, migrations.RunPython.noop),
    ]
