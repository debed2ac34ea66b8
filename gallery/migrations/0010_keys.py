import django.db.models.deletion
from django.db import migrations, models


def name_the_reason(apps, schema_editor):
    """Until now a key was set aside for one reason alone."""
    apps.get_model('gallery', 'APIKey').objects.exclude(set_aside_at=None).update(set_aside_as='refused')


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0009_studio'),
    ]

    operations = [
        migrations.RenameField('apikey', 'refused_at', 'set_aside_at'),
        migrations.AddField(
            model_name='apikey',
            name='credit_left',
            field=models.DecimalField(decimal_places=6, editable=False, max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='credit_total',
            field=models.DecimalField(decimal_places=6, editable=False, max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='runs_a_day',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='runs a day'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='runs_a_month',
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name='runs a month'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='set_aside_as',
            field=models.CharField(blank=True, choices=[('refused', 'Refused'), ('out_of_credit', 'Out of credit'), ('busy', 'Took no more requests')], editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name='apikey',
            name='credit_read_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='spend_a_day',
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True, verbose_name='spend a day'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='spend_a_month',
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True, verbose_name='spend a month'),
        ),
        migrations.AddField(
            model_name='apikey',
            name='try_again_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='gateway',
            name='credit_left',
            field=models.DecimalField(decimal_places=6, editable=False, max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name='gateway',
            name='credit_read_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='gateway',
            name='credit_total',
            field=models.DecimalField(decimal_places=6, editable=False, max_digits=16, null=True),
        ),
        migrations.AddField(
            model_name='gateway',
            name='is_reachable',
            field=models.BooleanField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='gateway',
            name='look_report',
            field=models.CharField(blank=True, editable=False, max_length=500),
        ),
        migrations.AddField(
            model_name='gateway',
            name='looked_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='generation',
            name='api_key_label',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='generation',
            name='key_day',
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='generation',
            name='key_hold',
            field=models.DecimalField(decimal_places=6, editable=False, max_digits=16, null=True),
        ),
        migrations.CreateModel(
            name='KeyUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('runs', models.PositiveIntegerField(default=0)),
                ('spend', models.DecimalField(decimal_places=6, default=0, max_digits=16)),
                ('held', models.DecimalField(decimal_places=6, default=0, max_digits=16)),
                ('api_key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='gallery.apikey')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('api_key', 'day'), name='one_use_of_a_key_per_day')],
            },
        ),
        migrations.RunPython(name_the_reason, migrations.RunPython.noop),
    ]
