"""Full text over generations: how words are cut, and the one query that SQLite (FTS5) and PostgreSQL answer each their way.

Both keep the table `gallery_search (rowid, text)`, made in a migration, written by services.search.
"""

import re
import unicodedata

from django.db import connection
from django.db.models.expressions import RawSQL

TABLE = "gallery_search"
# Scripts written without spaces are indexed character by character, so that one or two characters find a word.
UNSPACED = re.compile(
    "([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0e7f\U00020000-\U0003ffff])"
)
WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 24

MATCHES = {
    "sqlite": f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s",  # noqa: S608 - TABLE is ours
    "postgresql": f"SELECT rowid FROM {TABLE} WHERE document @@ to_tsquery('simple', %s)",  # noqa: S608
}


def plain(text: str) -> str:
    """Folded to what is compared: width, case and accents do not matter."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in folded if not unicodedata.combining(character))


def index_text(*parts: str) -> str:
    """The text to index: its words, unspaced scripts cut into characters."""
    return " ".join(WORD.findall(UNSPACED.sub(r" \1 ", plain(" ".join(parts)))))


def phrases(query: str) -> list[list[str]]:
    """The query's words; a run of unspaced script is a phrase of its characters."""
    found = []
    for word in WORD.findall(plain(query))[:MOST_WORDS]:
        found.append(UNSPACED.sub(r" \1 ", word).split())
    return found


def match_expression(query: str) -> str:
    """The query in the database's own language: all words, in any order, each found by its beginning. "" finds nothing."""
    if connection.vendor == "postgresql":
        return " & ".join("(" + " <-> ".join(f"'{token}':*" for token in phrase) + ")" for phrase in phrases(query))
    return " AND ".join('"' + " ".join(phrase) + '" *' for phrase in phrases(query))


def matching_ids(query: str) -> RawSQL | None:
    """A subquery of generation ids, or None when the query holds no word at all."""
    expression = match_expression(query)
    return RawSQL(MATCHES[connection.vendor], [expression]) if expression else None  # noqa: S611 - the query is a parameter
