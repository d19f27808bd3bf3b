from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0006_company_email_domains'),
    ]

    operations = [
        migrations.AlterField(
            model_name='accesslink',
            name='purpose',
            field=models.CharField(choices=[('activation', 'Activation'), ('reset', 'Reset'), ('address', 'Change of address')], max_length=10),
        ),
    ]
