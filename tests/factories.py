"""Plain functions that make test data the way the product does."""

import base64
import io
import zipfile
from typing import Any

from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as PillowImage
from PIL import PngImagePlugin

from gallery.models import Gateway, Generation, Image, ImageModel, User
from gallery.models.people import Role
from gallery.services import gateways, generations, images, search
from tests import fake_gateway

PASSWORD = "a long enough password"


def create_user(username: str, *, name: str = "", is_admin: bool = False) -> User:
    role = Role.ADMIN if is_admin else Role.DESIGNER
    return User.objects.create_user(username, password=PASSWORD, name=name, role=role)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def give_key(gateway: Gateway, base_url: str, secret: str = "sk-test-0123456789abcdef") -> Gateway:
    gateways.save_base_url(gateway=gateway, address=base_url)
    gateway.refresh_from_db()
    gateways.save_api_key(gateway=gateway, secret=secret, label="test", position=0, is_enabled=True, created_by=None)
    gateway.refresh_from_db()
    return gateway


def png(colour: str = "teal", size: tuple[int, int] = (64, 48)) -> bytes:
    buffer = io.BytesIO()
    PillowImage.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def create_generation(owner: User, image_model: ImageModel, prompt: str = "a red chair", **fields: Any) -> Generation:
    return generations.create_generation(
        owner=owner, image_model=image_model, prompt=prompt, parameters=fields.pop("parameters", {}), **fields
    )


def import_picture(owner: User, content: bytes, **fields: Any) -> Image:
    """As it came in, whatever it is."""
    stored = images.take_in(content, max_bytes=10**7)
    return Image.objects.create(source=Image.Source.IMPORTED, owner=owner, **images.image_fields(stored), **fields)


def create_picture(owner: User, image_model: ImageModel, prompt: str = "a red chair", **fields: Any) -> Image:
    """A finished generation with one small picture, without a gateway."""
    colour = fields.pop("colour", "teal")
    generation = create_generation(owner, image_model, prompt, **fields)
    Generation.objects.filter(pk=generation.pk).update(status=Generation.Status.SUCCEEDED)
    stored = images.take_in(png(colour), max_bytes=1_000_000)
    image = Image.objects.create(
        source=Image.Source.GENERATED,
        generation=generation,
        owner=owner,
        visibility=generation.visibility,
        **images.origin_fields(generation),
        **images.image_fields(stored),
    )
    search.index_images([image.pk])
    return image


def upload(name: str = "reference.png", colour: str = "olive", size: tuple[int, int] = (64, 48)) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png(colour, size), content_type="image/png")


def read_stream(response: Any) -> bytes:
    """The whole body of an asynchronously streamed response."""

    async def read() -> bytes:
        return b"".join([chunk async for chunk in response.streaming_content])

    return async_to_sync(read)()


def zip_of(client: Client, **data: Any) -> zipfile.ZipFile:
    """What comes of downloading a selection."""
    response = client.post("/library/download/", data)
    assert response.status_code == 200, response.content
    archive = zipfile.ZipFile(io.BytesIO(read_stream(response)))
    assert archive.testzip() is None
    return archive


def image_entry(colour: str = "teal", *, text: str = "", size: tuple[int, int] = (64, 48)) -> dict[str, Any]:
    """An entry of `message.images`; `text` is put into the file, so that the same pixels make another file."""
    info = PngImagePlugin.PngInfo()
    if text:
        info.add_text("comment", text)
    buffer = io.BytesIO()
    PillowImage.new("RGB", size, colour).save(buffer, "PNG", pnginfo=info)
    return fake_gateway.image_entry(fake_gateway.data_url(buffer.getvalue()))


def broken_image_entry() -> dict[str, Any]:
    return fake_gateway.image_entry(fake_gateway.data_url(png()[:60]))


def reply(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return fake_gateway.image_reply(entries)


def size_of(part: dict[str, Any]) -> tuple[int, int]:
    """Of a picture in a message, as a gateway gets it."""
    with open_part(part) as image:
        return image.size


def open_part(part: dict[str, Any]) -> PillowImage.Image:
    return PillowImage.open(io.BytesIO(base64.b64decode(part["image_url"]["url"].partition(",")[2])))
