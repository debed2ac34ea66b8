from urllib.parse import urlsplit

from django.db import migrations


def tie_to_scheme(apps, schema_editor):
    """Keys were tied to host and port; those saved for the plain http of their gateway are now tied to that as well."""
    for gateway in apps.get_model("gallery", "Gateway").objects.filter(base_url__startswith="http://"):
        url = urlsplit(gateway.base_url)
        name = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        place = f"{name}:{url.port or 80}"
        gateway.api_keys.filter(host=place).update(host=f"http://{place}")


def untie(apps, schema_editor):
    for api_key in apps.get_model("gallery", "APIKey").objects.filter(host__startswith="http://"):
        api_key.host = api_key.host.removeprefix("http://")
        api_key.save(update_fields=["host"])


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0024_request_id'),
    ]

    operations = [migrations.RunPython(tie_to_scheme, untie)]
