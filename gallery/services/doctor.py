"""Examines an installation. It looks and mends nothing."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from gallery.services import house_looks, new_databases, price_looks, record_looks, version_watch
from gallery.services.findings import Finding, counted, fault
from gallery.services.patience import OF_THE_DATABASE
from gateway_site import environment

# Those of the record need a database that is up to date.
QUICK = [
    house_looks.look_at_the_folder,
    house_looks.look_at_the_settings,
    house_looks.look_at_the_file_system,
    house_looks.look_at_the_database_file,
    house_looks.look_at_the_storage,
]
QUICK_AT_RECORD = [
    record_looks.look_at_the_people,
    record_looks.look_at_the_secrets,
    record_looks.look_at_the_keys,
    record_looks.look_at_the_queue,
    record_looks.look_at_the_upkeep,
    price_looks.look_at_the_prices,
]
EVERY_FILE = [record_looks.look_at_every_file, record_looks.look_for_strays]
THOROUGH = [house_looks.look_through_the_database, house_looks.look_at_the_decoder]


def examine(*, is_thorough: bool = False) -> list[Finding]:
    """Faults first. Thoroughly: every picture's file, the whole database and the decoder too, which takes a while."""
    if nothing := look_for_a_studio():
        return nothing
    looks = [*QUICK, *(THOROUGH if is_thorough else [])]
    try:
        found = [*look_at_the_version(), *look_at_the_move()]
        waiting = unapplied_migrations()
    except OF_THE_DATABASE as problem:
        return [fault(f"The database cannot be read: {problem}.", "Restore a backup into an empty folder.")]
    if waiting:
        what = counted(waiting, "change of the database is not made yet.", "changes of the database are not made yet.")
        found.append(fault(what, "Start the studio: it makes them."))
    else:
        looks += [*QUICK_AT_RECORD, *(EVERY_FILE if is_thorough else [record_looks.look_at_the_newest_files])]
    found += [finding for look in looks for finding in look()]
    return sorted(found, key=lambda finding: not finding.is_fault)


def look_for_a_studio() -> list[Finding]:
    """Empty where there is one. A database without a table is mostly the wrong one: the shell knows another data folder."""
    try:
        if connection.introspection.table_names():
            return []
    except OF_THE_DATABASE as problem:
        return [fault(f"The database does not answer: {problem}.", "Check PROOFSHEET_DATABASE_URL and the server.")]
    return [
        fault(
            f"There is no studio here: {connection.settings_dict['NAME']} is empty.",
            environment.WHERE_TO_LOOK,
        )
    ]


def look_at_the_version() -> list[Finding]:
    later = version_watch.later_migrations()
    if not later:
        return []
    what = f"The database was changed by a later version of Proofsheet ({later[-1]})."
    return [fault(what, "Start that version, or restore a backup of before into an empty folder.")]


def look_at_the_move() -> list[Finding]:
    if new_databases.MARK not in connection.introspection.table_names():
        return []
    what = "A studio is being moved into this database, and not all of it is here."
    return [fault(what, "Run the same `manage.py move_to` again, where it was begun.")]


def why_not_to_serve() -> str:
    """Sentences where the database is of a later version, which this one could only harm, or half there; else ""."""
    return " ".join(finding.sentence for finding in (*look_at_the_version(), *look_at_the_move()))


def look_at_the_start() -> list[Finding]:
    """What an operator wants to know before anybody comes in; the studio serves all the same."""
    looks = [
        house_looks.look_at_the_file_system,
        house_looks.look_at_the_database_file,
        house_looks.look_at_the_storage,
        record_looks.look_at_the_newest_files,
    ]
    return [finding for look in looks for finding in look()]


def unapplied_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
