from django.db import migrations

# Replacing a row deletes it without a word to the trigger that keeps rows from being deleted.
STAY = {
    "sqlite": [
        """CREATE TRIGGER gallery_audit_stays BEFORE DELETE ON gallery_auditentry
        BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END""",
        """CREATE TRIGGER gallery_audit_is_not_replaced BEFORE INSERT ON gallery_auditentry
        WHEN NEW.id > 0 AND EXISTS (SELECT 1 FROM gallery_auditentry WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END""",
    ],
    "postgresql": [
        """CREATE TRIGGER gallery_audit_stays BEFORE DELETE ON gallery_auditentry
        FOR EACH ROW EXECUTE FUNCTION gallery_audit_is_kept()""",
    ],
}
GO = {
    "sqlite": ["DROP TRIGGER gallery_audit_stays", "DROP TRIGGER gallery_audit_is_not_replaced"],
    "postgresql": ["DROP TRIGGER gallery_audit_stays ON gallery_auditentry"],
}


def stay(apps, schema_editor):
    for statement in STAY[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def go(apps, schema_editor):
    for statement in GO[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('gallery', '0029_group_binds'),
    ]

    operations = [migrations.RunPython(stay, go)]
