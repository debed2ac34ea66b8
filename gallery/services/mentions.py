"""@names in a comment: who is meant, and the text cut into words and names. Pure, but for the people it is given."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from gallery.models import User


def split_mentions(text: str, people: Iterable[User]) -> Iterator[tuple[str, User | None]]:
    """The text in pieces, each with the person it names. A person is named by user name, by full name, or by a first name
    that nobody else of these people has."""
    named = handles(people)
    if not named:
        yield text, None
        return
    words = "|".join(re.escape(handle) for handle in sorted(named, key=len, reverse=True))
    at = 0
    # Not within an address: the sign stands at the beginning of a word, the name ends with one.
    for found in re.finditer(rf"(?<![\w@])@({words})(?!\w)", text, re.IGNORECASE):
        person = named.get(found[1].lower())
        if person is None:
            continue
        if found.start() > at:
            yield text[at : found.start()], None
        yield found[0], person
        at = found.end()
    if at < len(text):
        yield text[at:], None


def handles(people: Iterable[User]) -> dict[str, User]:
    """What each is called, in small letters; a name of two people is nobody's, a user name always its owner's."""
    people = list(people)
    names = {person: {person.display_name.lower(), first_name(person)} for person in people}
    shared = Counter(name for of_one in names.values() for name in of_one)
    unique = {name: person for person in people for name in names[person] if name and shared[name] == 1}
    return unique | {person.username.lower(): person for person in people}


def first_name(person: User) -> str:
    return next(iter(person.display_name.lower().split()), "")
