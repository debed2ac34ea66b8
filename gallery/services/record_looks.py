"""Looks at what a studio keeps: people, keys, runs, pictures and their files. Reads only."""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Model, Q
from django.utils import timezone

from gallery.gateway import base_urls, errors
from gallery.models import APIKey, Gateway, Generation, Image, Share, User, Worker
from gallery.models.clocks import is_over
from gallery.models.generations import Status
from gallery.models.trash import TRASH_LASTS
from gallery.services import encryption, gateways
from gallery.services.backups import stored_names
from gallery.services.findings import Findings, counted, fault, note

LATE = timedelta(hours=1)
NEWEST_LOOKED_AT = 100
MOST_NAMED = 5
LASTING = (APIKey.SetAside.REFUSED, APIKey.SetAside.OUT_OF_CREDIT)
SHA256 = re.compile(r"[0-9a-f]{64}")


def look_at_the_people() -> Findings:
    if not User.objects.administrators().exists():
        yield fault("There is no administrator.", "Start `manage.py studio`: it prints a set-up link.")


def look_at_the_secrets() -> Findings:
    unreadable = encryption.list_unreadable()
    bring_back = f"Bring the old encryption key back into {where_keys_are()}, or"
    for model, ids in unreadable.rows.items():
        if model is APIKey:
            keys = APIKey.objects.filter(pk__in=ids[:MOST_NAMED]).select_related("gateway")
            named = in_words([f"{api_key.masked} of {api_key.gateway}" for api_key in keys], len(ids))
            what = f"{counted(len(ids), 'API key was', 'API keys were')} saved with another encryption key: {named}."
            yield fault(what, f"{bring_back} enter the API keys again.")
        else:
            kinds = [f"{word} {was}" for word, was in zip(words_for(model), ("was", "were"), strict=True)]
            yield note(
                f"{counted(len(ids), *kinds)} saved with another encryption key.",
                f"{bring_back} make them anew: their links still work, and cannot be copied again.",
            )
    if people := unreadable.people:
        named = in_words([person.username for person in people[:MOST_NAMED]], len(people))
        what = counted(len(people), "second step was", "second steps were")
        yield fault(
            f"{what} saved with another encryption key, and cannot be taken any more: {named}.",
            f"{bring_back} take them away by `manage.py remove_second_step USERNAME`.",
        )


def words_for(model: type[Model]) -> tuple[str, str]:
    """One and several."""
    if model is Share:
        return "share link", "share links"
    return str(model._meta.verbose_name), str(model._meta.verbose_name_plural)


def in_words(names: Sequence[str], count: int) -> str:
    """The first of so many."""
    more = f" and {count - len(names)} more" if count > len(names) else ""
    return f"{', '.join(names)}{more}"


def look_at_the_keys() -> Findings:
    for gateway in Gateway.objects.for_admin().filter(is_enabled=True, had_key=True):
        if reason := why_it_refuses(gateway):
            yield fault(f"{gateway} refuses every run: {reason}", f"Admin → Gateways → {gateway}: see why, add one.")
        elif not (gateways.is_simulated(gateway) or gateways.takes_no_key(gateway)):
            yield from keys_set_aside(gateway)
        if gateway.test_passed is False:
            yield note(f"The last test of {gateway} failed: {gateway.test_report}", "Test it again in the admin.")


def keys_set_aside(gateway: Gateway) -> Findings:
    """While others of its keys do the work."""
    for api_key in gateways.keys_in_force(gateway).filter(is_enabled=True, set_aside_as__in=LASTING):
        mend = "Mend it at the gateway, then press “Test” on its page in the admin"
        if api_key.is_from_environment:
            mend += ", or put another key into the environment and start anew"
        yield note(f"{api_key} of {gateway} is passed over: {api_key.last_error}", f"{mend}.")


def why_it_refuses(gateway: Gateway) -> str:
    """As a run would find out; "" where one may go, be it in a moment."""
    try:
        gateways.accesses_to(gateway, is_look=True)
    except errors.TooManyRequests:
        return ""
    except (errors.KeyRefused, errors.OutOfCredit):
        hosts = {api_key.host for api_key in gateway.api_keys.usable().filter(fingerprint="")}
        is_elsewhere = hosts and base_urls.host_of(gateways.base_url_of(gateway)) not in hosts
        return "its saved keys are for another address." if is_elsewhere else "none of its keys is usable."
    except errors.GatewayError as problem:
        return problem.sentence
    return ""


def where_keys_are() -> str:
    file = settings.ENCRYPTION_KEYS_FILE
    return f"{file}, on a line of its own" if file else "PROOFSHEET_ENCRYPTION_KEYS, beside the one that is there"


def look_at_the_queue() -> Findings:
    now = timezone.now()
    if not Worker.objects.alive().exists():
        yield fault(
            "No worker is running: nothing that is queued gets drawn.",
            "Start `manage.py studio`, or `manage.py worker`.",
        )
    stuck = Generation.objects.running().filter(lease_expires_at__lt=now - LATE).count()
    if stuck:
        yield fault(
            f"{counted(stuck, 'run belongs', 'runs belong')} to processes that are gone.",
            "A worker on the same host ends them within minutes.",
        )
    goes_on = Q(gateway__paused_until=None) | is_over("gateway__paused_until")
    waiting = Generation.objects.due().filter(goes_on, created_at__lt=now - LATE).count()
    if waiting:
        yield note(
            f"{counted(waiting, 'run has', 'runs have')} waited for more than an hour.",
            "Start another worker, or raise “runs at once”.",
        )
    newest = (
        Generation.objects.filter(status=Status.SUCCEEDED).order_by("-pk").values_list("created_at", flat=True).first()
    )
    if newest and newest > now + timedelta(minutes=5):
        yield fault(f"The clock went back: the newest run is of {newest:%d %b %Y %H:%M} UTC.", "Set the clock right.")


def look_at_the_upkeep() -> Findings:
    now = timezone.now()
    behind = Image.objects.filter(is_indexed=False, created_at__lt=now - LATE).count()
    if behind:
        yield note(
            f"{counted(behind, 'picture is', 'pictures are')} not in the search yet.",
            "A worker does it by itself; is one running?",
        )
    overdue = (
        Image.objects.trashed().filter(purged_at=None, deleted_at__lt=now - TRASH_LASTS - timedelta(days=2)).count()
    )
    if overdue:
        yield note(
            f"{counted(overdue, 'picture is', 'pictures are')} in the trash for longer than it should be.",
            "A worker removes them; is one running?",
        )


def look_at_the_newest_files() -> Findings:
    yield from lost_files(list(Image.objects.filter(purged_at=None).order_by("-pk")[:NEWEST_LOOKED_AT]))


def look_at_every_file() -> Findings:
    yield from lost_files(Image.objects.filter(purged_at=None).only("pk", "sha256", "media_type").iterator(2000))


def lost_files(images: Iterable[Image]) -> Findings:
    try:
        lost = [image.pk for image in images if not default_storage.exists(image.file_name)]
    except OSError:
        # A storage that gives no answer is told of by `look_at_the_storage`: of its files nothing is known.
        return
    if lost:
        named = ", ".join(f"/images/{pk}/" for pk in lost[:MOST_NAMED])
        more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
        what = counted(len(lost), "picture has no file", "pictures have no file")
        yield fault(f"{what}: {named}{more}.", "Bring the files back from a backup.")


def look_for_strays() -> Findings:
    """Files that belong to no picture: a process was killed between a file and its row. Those of the last hour may still get
    theirs."""
    known = {bytes.fromhex(sha256) for sha256 in Image.objects.exclude(sha256="").values_list("sha256", flat=True)}
    before = timezone.now() - LATE
    strays = [
        name
        for name in stored_names("")
        if (sha256 := SHA256.search(name))
        and bytes.fromhex(sha256[0]) not in known
        and default_storage.get_modified_time(name) < before
    ]
    if strays:
        named = ", ".join(strays[:MOST_NAMED])
        more = f" and {len(strays) - MOST_NAMED} more" if len(strays) > MOST_NAMED else ""
        yield note(
            f"{counted(len(strays), 'file belongs', 'files belong')} to no picture: {named}{more}.",
            "Left by a process that was killed; no record misses them, and they can be removed.",
        )
