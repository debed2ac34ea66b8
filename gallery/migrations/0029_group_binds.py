from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0028_environment_keys'),
    ]

    operations = [
        migrations.AddField(
            model_name='group',
            name='binds_members',
            field=models.BooleanField(default=False),
        ),
    ]
