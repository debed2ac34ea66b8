"""Answers requests to pages of one library in its own process: a line of JSON in (name and path), a line out.

Run by `library`: each size of library has such a process, so that rounds of all sizes can be taken in turn.
"""

import gc
import json
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import django
from django.db import connection, transaction
from django.db.models import Count, Max, OuterRef, Subquery
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

django.setup()

from gallery.models import Board, Generation, Image, ImageTag, Mark, Tag, User  # noqa: E402 - needs the set-up
from tests.factories import read_stream  # noqa: E402

REPEATS = 9
EVERY_EIGHTH = "every eighth"


def main() -> None:
    user = User.objects.get(username="seed-ada")
    mark_every_eighth(user)
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    last = Image.objects.aggregate(last=Max("pk"))["last"]
    # Deep, but with a whole page below it in the smallest library, too.
    words: dict[str, Any] = {
        "deep": max(last // 100, 250),
        "middle": last // 2,
        "tag": Tag.objects.filter(key=EVERY_EIGHTH).values_list("pk", flat=True).first(),
        "model": Image.objects.values_list("model_key").annotate(count=Count("pk")).order_by("-count")[0][0],
        "person": user.pk,
    }
    words["board"] = Board.objects.earliest("pk").pk
    words |= {"below": words["deep"] - 90, "sha256": Image.objects.get(pk=words["middle"]).sha256}
    # What was seeded just now would be news to every poll.
    long_ago = timezone.now() - timedelta(days=1)
    Generation.objects.filter(changed_at__gt=long_ago).update(changed_at=long_ago)
    print(json.dumps({"pictures": Image.objects.count(), "bytes": database_bytes()}), flush=True)
    for line in sys.stdin:
        print(json.dumps(ask(client, json.loads(line).format(**words))), flush=True)


def mark_every_eighth(user: User) -> None:
    """With a tag and, others, with a circle: at every size of library there is a whole page of both."""
    numbers = Image.objects.order_by("pk").values_list("pk", flat=True)
    with transaction.atomic():
        tag, is_new = Tag.objects.get_or_create(key=EVERY_EIGHTH, defaults={"name": EVERY_EIGHTH, "created_by": user})
        if not is_new:
            return
        ImageTag.objects.bulk_create((ImageTag(tag=tag, image_id=pk) for pk in numbers if pk % 8 == 0), batch_size=2000)
        marks = (Mark(user=user, image_id=pk, is_favourite=True) for pk in numbers if pk % 8 == 4)
        Mark.objects.bulk_create(
            marks,
            batch_size=2000,
            update_conflicts=True,
            unique_fields=["user", "image"],
            update_fields=["is_favourite"],
        )
        counts = Mark.objects.filter(image=OuterRef("pk"), is_favourite=True).order_by().values("image")
        counted = Subquery(counts.annotate(count=Count("pk")).values("count"))
        Image.objects.filter(pk__in=user.marks.filter(is_favourite=True).values("image")).update(
            favourite_count=counted
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def ask(client: Client, path: str) -> dict[str, float]:
    """Milliseconds of the server, the median of some; queries; bytes of the answer."""
    for _ in range(2):
        answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    # Counted at once: the next request forgets them.
    queries = len(captured)
    gc.collect()
    times, processor = [], []
    for _ in range(REPEATS):
        started, worked = time.perf_counter(), time.process_time()
        answer = client.get(path)
        content = read_stream(answer) if answer.streaming else answer.content
        times.append((time.perf_counter() - started) * 1000)
        processor.append((time.process_time() - worked) * 1000)
    return {
        "milliseconds": statistics.median(times),
        "processor": statistics.median(processor),
        "queries": queries,
        "bytes": len(content),
        "compressed": compressed(client, path) or len(content),
        "tiles": content.count(b'data-tile="'),
    }


def compressed(client: Client, path: str) -> int:
    """Bytes of the answer to a browser; 0 where it is sent as it is."""
    answer = client.get(path, headers={"accept-encoding": "gzip"})
    if answer.streaming:
        read_stream(answer)
    return len(answer.content) if "Content-Encoding" in answer else 0


def database_bytes() -> int:
    if connection.vendor == "sqlite":
        return Path(connection.settings_dict["NAME"]).stat().st_size
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
