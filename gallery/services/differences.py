"""A gateway's list held against our models, and what of the difference an administrator takes over."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from gallery import specs
from gallery.gateway.dialects import DIALECTS
from gallery.gateway.messages import ListedModel
from gallery.models import Gateway, ImageModel, SpecVersion, User
from gallery.services import gateways, image_models, listed_models, listings, spec_versions

NEW, CHANGED, GONE, BACK = "new", "changed", "gone", "back"


@dataclass(frozen=True, kw_only=True)
class PriceChange:
    """One price in the gateway's own words; "" for none."""

    word: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One model: `new` here, `changed`, `gone` there, or `back`. `fields` are what taking it over sets; `spec` and `prices` how
    a changed one differs."""

    kind: str
    model_id: str
    name: str
    listed: ListedModel | None = None
    image_model: ImageModel | None = None
    fields: dict[str, Any]
    spec: Sequence[specs.SpecChange] = ()
    prices: Sequence[PriceChange] = ()

    @property
    def is_sure(self) -> bool:
        """Whether the gateway tells that a new one makes pictures."""
        return self.listed is None or "image" in self.listed.gives or "image" in self.listed.mode


def find_differences(gateway: Gateway, listed: Sequence[ListedModel]) -> list[Difference]:
    """New ones first, then what changed, what is gone and still offered, what is there again and not offered."""
    told = {model.model_id: model for model in listed}
    rows = list(ImageModel.objects.filter(gateway=gateway).select_related("gateway").order_by("position", "id"))
    ours = {row.model_id for row in rows}
    found = [
        new_one(gateway, model)
        for model in listed
        if model.model_id not in ours and listed_models.makes_pictures(gateway, model)
    ]
    found += [one for row in rows if row.model_id in told and (one := changed_one(row, told[row.model_id]))]
    found += [
        Difference(kind=GONE, model_id=row.model_id, name=row.name, image_model=row, fields={"is_enabled": False})
        for row in rows
        if row.model_id not in told and row.is_enabled and not row.is_by_hand
    ]
    found += [
        Difference(kind=BACK, model_id=row.model_id, name=row.name, image_model=row, fields={"is_enabled": True})
        for row in rows
        if row.model_id in told and not row.is_enabled and row.gone_since
    ]
    return found


def new_one(gateway: Gateway, listed: ListedModel) -> Difference:
    fields = listed_models.fields_of(gateway, listed)
    return Difference(kind=NEW, model_id=listed.model_id, name=fields["name"], listed=listed, fields=fields)


def changed_one(row: ImageModel, listed: ListedModel) -> Difference | None:
    """None where nothing differs that has not been looked at before."""
    known = row.listed or {"prices": dict(listed.prices)}
    fields: dict[str, Any] = {}
    changes: list[specs.SpecChange] = []
    if listed.settings and known.get("settings") != {name: dict(form) for name, form in listed.settings.items()}:
        spec = listed_models.updated_spec(row, listed)
        changes = specs.compare(row.spec, spec)
        fields |= {"parameters": specs.to_json(spec)} if changes else {}
    fields |= changed_modalities(row, listed, known)
    fields |= changed_price(row, listed, known)
    prices = list(price_changes(known.get("prices", {}), listed.prices))
    if not fields and not prices:
        return None
    return Difference(
        kind=CHANGED,
        model_id=row.model_id,
        name=row.name,
        listed=listed,
        image_model=row,
        fields=fields,
        spec=changes,
        prices=prices,
    )


def changed_modalities(row: ImageModel, listed: ListedModel, known: dict[str, Any]) -> dict[str, Any]:
    """Only where the gateway refuses a request that asks for other kinds than its model gives."""
    gives = listed_models.modalities_of(listed)
    is_asked = DIALECTS[row.gateway.dialect].gives_kinds and "image" in gives and row.makes_images
    is_seen = known.get("gives") == list(listed.gives)
    return {"modalities": gives} if is_asked and not is_seen and set(gives) != set(row.modalities) else {}


def changed_price(row: ImageModel, listed: ListedModel, known: dict[str, Any]) -> dict[str, Any]:
    """A price that somebody entered is theirs; one that came from the list follows it."""
    now, former = (listed_models.price_of(row.gateway, prices) for prices in (listed.prices, known.get("prices", {})))
    follows = row.price is None or row.price == former
    return {"price": now} if now is not None and follows and row.price != now and same_unit(row) else {}


def same_unit(row: ImageModel) -> bool:
    return row.price is None or row.price_unit == unit_of(row)


def price_changes(before: dict[str, str], after: Any) -> Iterator[PriceChange]:
    for word in sorted({*before, *after}):
        if Decimal(before.get(word, "0")) != Decimal(after.get(word, "0")):
            yield PriceChange(word=word.replace("_", " "), before=before.get(word, ""), after=after.get(word, ""))


def in_words(one: Difference) -> list[str]:
    """What differs of a changed one, a line each."""
    words = [str(change) for change in one.spec]
    if "modalities" in one.fields and one.image_model:
        before, after = ("+".join(kinds) for kinds in (one.image_model.modalities, one.fields["modalities"]))
        words.append(f"answers with: {before} → {after}")
    if "price" in one.fields and one.image_model:
        before = price_in_words(one.image_model.price, one.image_model.price_unit)
        words.append(f"price of a picture: {before} → {price_in_words(one.fields['price'], unit_of(one.image_model))}")
    return words + [f"{price.word}: {price.before or 'none'} → {price.after or 'none'}" for price in one.prices]


def price_in_words(amount: Decimal | None, unit: str) -> str:
    if amount is None:
        return "unknown"
    return f"${amount.normalize():f}" if unit == "usd" else f"{amount.normalize():f} points"


def unit_of(row: ImageModel) -> str:
    return DIALECTS[row.gateway.dialect].cost_unit


# Taken over --------------------------------------------------------------------------------------------------------


def accept_differences(
    *, gateway: Gateway, listed: Sequence[ListedModel], model_ids: Collection[str] | None, author: User | None
) -> list[Difference]:
    """Take over what differs of these models (None: of all); returns what was taken over."""
    chosen = [one for one in find_differences(gateway, listed) if model_ids is None or one.model_id in model_ids]
    with transaction.atomic():
        for one in chosen:
            if one.kind == NEW:
                add(gateway, one, author)
            else:
                change(one, author)
    return chosen


def keep_ours(*, gateway: Gateway, listed: Sequence[ListedModel], model_ids: Collection[str]) -> int:
    """What differs of these models was looked at: our own stays, and is not told of again before it changes once more."""
    chosen = [one for one in find_differences(gateway, listed) if one.kind == CHANGED and one.model_id in model_ids]
    for one in chosen:
        remember(one)
    return len(chosen)


def add(gateway: Gateway, one: Difference, author: User | None) -> None:
    assert one.listed is not None
    last = ImageModel.objects.filter(gateway=gateway).aggregate(last=Max("position"))["last"] or 0
    row = ImageModel(
        gateway=gateway,
        is_available=True,
        listed=listings.snapshot(one.listed),
        **{**one.fields, "is_default": False, "position": last + 1},
    )
    image_models.add_model(row, author=author, reason=SpecVersion.Reason.SYNCED, note=note_of(gateway))


def change(one: Difference, author: User | None) -> None:
    assert one.image_model is not None
    row = one.image_model
    fields = one.fields
    if "price" in fields:
        fields = {**fields, "price_unit": DIALECTS[row.gateway.dialect].cost_unit}
    notes = {GONE: f"{row.gateway.name} does not list it any more.", BACK: f"{row.gateway.name} lists it again."}
    spec_versions.save_changes(
        image_model=row,
        changes=fields,
        author=author,
        reason=SpecVersion.Reason.SYNCED,
        note=notes.get(one.kind, note_of(row.gateway)),
    )
    if one.kind == BACK:
        ImageModel.objects.filter(pk=row.pk).update(gone_since=None)
    remember(one)


def remember(one: Difference) -> None:
    if one.listed and one.image_model:
        ImageModel.objects.filter(pk=one.image_model.pk).update(listed=listings.snapshot(one.listed))


def note_of(gateway: Gateway) -> str:
    whose = "The sandbox" if gateways.is_simulated(gateway) else gateway.name
    return f"{whose}’s list of {timezone.localdate():%-d %b %Y}."
