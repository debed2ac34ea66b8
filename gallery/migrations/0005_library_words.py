"""The full-text table over pictures, and what the wall filters by for the pictures that are there already."""

from django.db import migrations
from django.db.models import Case, OuterRef, Subquery, Value, When

from gallery.images import traits
from gallery.models.search import IMAGE_TABLE, index_text

CREATE = {
    "sqlite": [f"CREATE VIRTUAL TABLE {IMAGE_TABLE} USING fts5(text, tokenize='unicode61 remove_diacritics 2')"],
    "postgresql": [
        f"""CREATE TABLE {IMAGE_TABLE} (
            rowid bigint PRIMARY KEY,
            text text NOT NULL,
            document tsvector GENERATED ALWAYS AS (to_tsvector('simple', text)) STORED
        )""",
        f"CREATE INDEX {IMAGE_TABLE}_document ON {IMAGE_TABLE} USING gin (document) WITH (fastupdate = off)",
    ],
}
BATCH = 1000
# Much of a generation's row is JSON that nobody looks for.
NEEDED = (
    "width",
    "height",
    "colour",
    *(
        f"generation__{name}"
        for name in ("gateway_slug", "model_id", "prompt", "revised_prompt", "answer", "model_name")
    ),
)


def create(apps, schema_editor):
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    schema_editor.execute(f"DROP TABLE {IMAGE_TABLE}")


def fill(apps, schema_editor):
    Image = apps.get_model("gallery", "Image")
    GenerationInput = apps.get_model("gallery", "GenerationInput")
    Image.objects.filter(pk__in=GenerationInput.objects.values("image")).update(is_used=True)
    settle_covers(Image)
    last = 0
    waiting = Image.objects.select_related("generation").only(*NEEDED).order_by("pk")
    while rows := list(waiting.filter(pk__gt=last)[:BATCH]):
        last = rows[-1].pk
        lines = []
        for image in rows:
            generation = image.generation
            image.shape = traits.shape_of(image.width, image.height)
            image.size_class = traits.size_of(image.width, image.height)
            image.swatch = traits.swatch_of(image.colour)
            if generation:
                image.model_key = f"{generation.gateway_slug}/{generation.model_id}"[:250]
                image.gateway_slug = generation.gateway_slug
                words = (generation.prompt, generation.revised_prompt, generation.answer, generation.model_name)
                lines.append((image.pk, index_text(*words)))
            image.is_indexed = True
        Image.objects.bulk_update(rows, ["shape", "size_class", "swatch", "model_key", "gateway_slug", "is_indexed"])
        with schema_editor.connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {IMAGE_TABLE} (rowid, text) VALUES (%s, %s)", lines)


def settle_covers(Image):
    """Of each run one kept picture: the first one that the team sees, else the first."""
    shown = Case(When(visibility="team", then=Value(0)), default=Value(1))
    first = Image.objects.filter(generation=OuterRef("generation"), deleted_at=None).order_by(shown, "position")
    is_first = When(pk=Subquery(first.values("pk")[:1]), then=Value(True))
    Image.objects.exclude(generation=None).update(is_cover=Case(is_first, default=Value(False)))


class Migration(migrations.Migration):
    dependencies = [("gallery", "0004_library")]
    operations = [migrations.RunPython(create, drop), migrations.RunPython(fill, migrations.RunPython.noop)]
