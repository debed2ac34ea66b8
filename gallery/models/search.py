"""Full text over generations and over pictures: how words are cut, and what SQLite (FTS5) and PostgreSQL are asked.

Two tables `(rowid, text)`, made in migrations, written by services.search: `gallery_search` holds what a run says, for
the history; `gallery_image_search` what is known of a picture, for the library: `rowid` is the picture's id.
"""

import re
import unicodedata
from typing import Any

from django.db import connection, models
from django.db.models.expressions import RawSQL

TABLE = "gallery_search"
IMAGE_TABLE = "gallery_image_search"
# Scripts written without spaces are indexed character by character, so that one or two characters find a word.
UNSPACED = re.compile(
    "([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0e7f\U00020000-\U0003ffff])"
)
WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 24
# A word with a minus before it; one within a word is none.
UNWANTED = re.compile(r"(?<!\S)[-\u2212]([^\s\-]\S*)")
# PostgreSQL refuses a document above 1 MiB, and a character takes up to four bytes of it, its place included.
LONGEST_INDEXED = 200_000
# The marks that make another letter of a kana, as ガ of カ.
KANA_MARKS = "\u3099\u309a"

MATCHES = {
    "sqlite": f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s",  # noqa: S608 - TABLE is ours
    "postgresql": f"SELECT rowid FROM {TABLE} WHERE document @@ to_tsquery('simple', %s)",  # noqa: S608
}


def folded(text: str) -> str:
    """Without case and width, its accents kept: how tags are compared."""
    return unicodedata.normalize("NFKC", text.casefold())


def plain(text: str) -> str:
    """Folded to what is compared: width, case and accents do not matter; kana keep their marks, and Hangul its syllables."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = (character for character in folded if character in KANA_MARKS or not unicodedata.combining(character))
    return unicodedata.normalize("NFC", "".join(kept))


def index_text(*parts: str) -> str:
    """The text to index: its words, unspaced scripts cut into characters. The end of a very long one is left out."""
    return " ".join(WORD.findall(UNSPACED.sub(r" \1 ", plain(" ".join(parts)))))[:LONGEST_INDEXED]


def phrases(query: str) -> list[list[str]]:
    """The query's words; a run of unspaced script is a phrase of its characters."""
    found = []
    for word in WORD.findall(plain(query))[:MOST_WORDS]:
        found.append(UNSPACED.sub(r" \1 ", word).split())
    return found


def match_expression(query: str) -> str:
    """The query in the database's own language: all words, in any order, each found by its beginning, and none of those with
    a minus before them. "" finds nothing: there has to be a word to find."""
    wanted = phrases(UNWANTED.sub(" ", query))
    unwanted = [phrase for word in UNWANTED.findall(query) for phrase in phrases(word)][:MOST_WORDS]
    if not wanted:
        return ""
    if connection.vendor == "postgresql":
        terms = [" & ".join(map(postgresql_term, wanted)), *(f"!{postgresql_term(phrase)}" for phrase in unwanted)]
        return " & ".join(terms)
    found = " AND ".join(map(sqlite_term, wanted))
    return f"({found}) NOT ({' OR '.join(map(sqlite_term, unwanted))})" if unwanted else found


def postgresql_term(phrase: list[str]) -> str:
    return "(" + " <-> ".join(f"'{token}':*" for token in phrase) + ")"


def sqlite_term(phrase: list[str]) -> str:
    return '"' + " ".join(phrase) + '" *'


def matching_ids(query: str) -> RawSQL | None:
    """A subquery of generation ids, or None when the query holds no word at all."""
    expression = match_expression(query)
    return RawSQL(MATCHES[connection.vendor], [expression]) if expression else None  # noqa: S611 - the query is a parameter


class ImageWords(models.Model):
    """A picture's line in the full-text table: joined by `words__text__matches`, ordered by its row id without sorting."""

    image = models.OneToOneField(
        "gallery.Image",
        models.DO_NOTHING,
        primary_key=True,
        db_column="rowid",
        related_name="words",
        db_constraint=False,
    )
    text = models.TextField()

    class Meta:
        managed = False
        db_table = IMAGE_TABLE


@models.TextField.register_lookup
class Matches(models.Lookup):  # type: ignore[type-arg]
    """`text__matches=match_expression(query)`: for the full-text tables only."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} MATCH %s", [*parameters, self.rhs]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        table = connection.ops.quote_name(self.lhs.alias)
        return f"{table}.document @@ to_tsquery('simple', %s)", [self.rhs]
