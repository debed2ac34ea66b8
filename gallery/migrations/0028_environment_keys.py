from django.db import migrations, models
from django.db.models import Q

import gallery.models.fields


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0027_letters'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='apikey',
            options={'ordering': ['gateway', '-fingerprint', 'position', 'id'], 'verbose_name': 'API key'},
        ),
        migrations.AddField(
            model_name='apikey',
            name='fingerprint',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name='apikey',
            name='secret',
            field=gallery.models.fields.SecretField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.UniqueConstraint(condition=~Q(fingerprint=''), fields=('gateway', 'host', 'fingerprint'), name='one_row_of_an_environment_key'),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=Q(fingerprint='', secret__isnull=False) | (~Q(fingerprint='') & Q(secret__isnull=True)), name='a_secret_is_kept_here_or_there'),
        ),
    ]
