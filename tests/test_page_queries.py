"""Every main page asks the database as often for many rows as for few."""

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.admin.home import FINDINGS
from gallery.models import (
    APIKey,
    Board,
    Budget,
    Comment,
    Gateway,
    Generation,
    Image,
    ImageModel,
    ImageTag,
    Mention,
    Preset,
    Snippet,
    Tag,
    User,
)
from gallery.services import boards, gateways, groups, model_aliases, shares, tokens
from tests import factories

PEOPLES = [
    *("/", "/?results=team", "/library/", "/library/?stacks=off", "/library/?q=chair", "/library/?tag={tag}"),
    *("/history/", "/generations/{run}/", "/images/{picture}/", "/images/{picture}/panel/", "/boards/"),
    *(
        "/boards/{board}/",
        "/models/",
        "/analysis/",
        "/queue/",
        "/queue/live/",
        "/usage/",
        "/usage/budgets/",
        "/presets/",
    ),
    *("/words/", "/shares/", "/tokens/", "/mentions/", "/profile/", "/people/", "/people/groups/{group}/", "/matrix/"),
    "/library/?trash=on",
]
ADMINS = [
    *("/admin/", "/admin/gallery/gateway/", "/admin/gallery/apikey/", "/admin/gallery/imagemodel/"),
    *(
        "/admin/gallery/user/",
        "/admin/gallery/accesstoken/",
        "/admin/gallery/modelalias/",
        "/admin/gallery/auditentry/",
    ),
    *("/admin/gallery/imagemodel/gateways/", "/admin/gallery/imagemodel/{model}/spec/"),
]


class House:
    """A team whose rows of every kind can be made more."""

    def __init__(self, ada: User, image_model: ImageModel):
        self.ada, self.image_model = ada, image_model
        self.group = groups.create_group(name="Acme", default_visibility="group", model_ids=[])
        self.tag = Tag.objects.create(name="seat", key="seat", created_by=ada)
        self.board = Board.objects.create(owner=ada, name="Chairs", visibility="team")
        self.picture = self.hang(0)

    def hang(self, number: int) -> Image:
        picture = factories.create_picture(
            self.ada, self.image_model, f"a red chair {number}", colour=f"#{number:02x}8090"
        )
        ImageTag.objects.create(image=picture, tag=self.tag, added_by=self.ada)
        boards.put_on_board(board=self.board, image_ids=[picture.pk], user=self.ada)
        return picture

    def grow(self, number: int) -> None:
        """One more of everything that a page lists."""
        picture, person = self.hang(number), factories.create_user(f"dan{number}", name=f"Dan {number}")
        groups.add_member(group=self.group, user=person)
        groups.create_group(name=f"Client {number}", default_visibility="group", model_ids=[])
        Board.objects.create(owner=person, name=f"Board {number}", visibility="team", cover=picture)
        Preset.objects.create(owner=person, name=f"Preset {number}", image_model=self.image_model, visibility="team")
        Snippet.objects.create(owner=person, name=f"word{number}", text="warm light", visibility="team")
        comment = Comment.objects.create(image=self.picture, author=person, text="Warm")
        Mention.objects.create(comment=comment, user=self.ada)
        shares.create_share(owner=self.ada, image_ids=[picture.pk], allows_download=True)
        tokens.create_token(owner=self.ada, name=f"Script {number}")
        model_aliases.save_alias(name=f"alias-{number}", image_model=self.image_model)
        Budget.objects.create(scope="person", person=person, period="month", unit="usd", stop_at=5)
        factories.create_picture(person, self.image_model, f"a chair of {number}", colour=f"#10{number:02x}90")
        for status in ("failed", "queued"):
            run = factories.create_generation(self.ada, self.image_model, f"{status} {number}")
            Generation.objects.filter(pk=run.pk).update(status=status, finished_at=timezone.now())
        thrown = factories.create_picture(self.ada, self.image_model, "thrown away", colour=f"#20{number:02x}90")
        Image.objects.filter(pk=thrown.pk).update(deleted_at=timezone.now())
        gateway = Gateway.objects.get(slug="openrouter")
        gateways.save_api_key(
            gateway=gateway, secret=f"sk-{number:020}", label="", position=number, is_enabled=True, created_by=self.ada
        )

    def addressed(self, path: str) -> str:
        return path.format(
            tag=self.tag.pk,
            run=self.picture.generation_id,
            picture=self.picture.pk,
            board=self.board.pk,
            group=self.group.pk,
            model=self.image_model.pk,
        )

    def queries(self, client: Client, path: str) -> list[str]:
        # Kept for some seconds, which a slow computer needs for a few of these pages.
        cache.delete(FINDINGS)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(self.addressed(path))
        assert answer.status_code == 200, path
        return [query["sql"] for query in asked]


def test_every_page_asks_the_database_as_often_for_many_rows_as_for_few(
    as_ada: Client, ada: User, flux_kontext: ImageModel
) -> None:
    house = House(ada, flux_kontext)
    for number in (1, 2):
        house.grow(number)
    paths = PEOPLES + ADMINS
    for path in paths:
        # What is remembered between requests is asked for once.
        house.queries(as_ada, path)
    few = {path: house.queries(as_ada, path) for path in paths}
    for number in range(3, 9):
        house.grow(number)
    more = {path: house.queries(as_ada, path) for path in paths}
    grown = {
        path: (len(few[path]), len(more[path]), repeated(more[path]))
        for path in paths
        if len(more[path]) > len(few[path])
    }
    assert not grown
    assert APIKey.objects.count() == 8
    assert max(map(len, few.values())) <= MOST, sorted((len(each), path) for path, each in few.items())[-5:]


# No page needs more, however much is on it.
MOST = 60


def repeated(queries: list[str]) -> str:
    """The query that was asked most often, but for its numbers."""
    shapes = ["".join("#" if letter.isdigit() else letter for letter in query) for query in queries]
    return max(shapes, key=shapes.count)[:300]
