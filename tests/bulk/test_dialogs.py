"""What is asked and told before something is done, also without a script."""

from django.test import Client

from gallery.models import Board, BulkWork, GenerationInput, Image, User
from gallery.services import boards, images, tags
from tests.bulk.acts import copies, generation_of, ids_of, post, says, state


def use(image: Image, *, times: int = 1) -> None:
    for _ in range(times):
        result = copies(image, 1)[0]
        generation = generation_of(image)
        generation.pk, generation.submission = None, None
        generation.save()
        Image.objects.filter(pk=result.pk).update(generation=generation)
        GenerationInput.objects.create(generation=generation, image=image, parameter="image_prompt")
    Image.objects.filter(pk=image.pk).update(is_used=True)


def test_it_is_asked_before_a_picture_that_was_used_is_thrown_away(as_bea: Client, picture: Image) -> None:
    use(picture, times=4)
    other = copies(picture, 1)[0]
    alone = post(as_bea, "trash", ids=picture.pk)
    assert says(alone, "Move 1 picture to the trash?")
    assert says(alone, "It was used as input by 4 pictures.")
    assert alone["HX-Retarget"] == "#bulk-dialog"
    assert says(post(as_bea, "trash", ids=ids_of([picture, other])), "1 of them was used as input by 4 pictures.")
    assert not state(picture)["is_trashed"]
    assert says(post(as_bea, "trash", ids=picture.pk, confirmed="1"), "1 picture moved to the trash.")
    assert state(picture)["is_trashed"]


def test_it_is_asked_before_everything_found_is_thrown_away(as_chi: Client, chi: User, picture: Image) -> None:
    copies(picture, 2, owner_id=chi.pk)
    asked = post(as_chi, "trash", query="", all="1")
    assert says(asked, "Move 2 pictures to the trash?")
    assert says(asked, 'name="all" value="1"')
    done = post(as_chi, "trash", query="", all="1", confirmed="1")
    assert says(done, "2 pictures moved to the trash. 1 of 3 is somebody else’s and stayed.")


def test_the_dialogs_tell_what_all_and_some_of_them_have(
    as_bea: Client, bea: User, picture: Image, board: Board
) -> None:
    both = [picture, *copies(picture, 1)]
    for name, chosen in (("everywhere", both), ("somewhere", both[:1])):
        tag = tags.get_or_create_tag(name=name, user=bea)
        tags.tag_images(tag=tag, image_ids=[image.pk for image in chosen], user=bea)
    boards.put_on_board(board=board, image_ids=[picture.pk], user=bea)
    boards.create_board(owner=bea, name="Winter", visibility="private")
    shown = as_bea.get(
        "/library/bulk/choose/tag/", {"ids": ids_of(both)}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "2 pictures" in shown
    assert "somewhere:</span> Add to all" in shown
    assert "Take off: everywhere" in shown
    assert "everywhere:</span> Add to all" not in shown
    # Posted, since a long list does not fit an address.
    shown = post(as_bea, "choose/board", ids=ids_of(both)).content.decode()
    assert "1 on it" in shown
    assert shown.index("Autumn") > shown.index("Winter"), "the last used comes first"


def test_a_board_made_for_private_pictures_is_private(as_bea: Client, picture: Image) -> None:
    post(as_bea, "board", ids=picture.pk, name="Shared")
    images.set_image_visibility(picture, "private")
    post(as_bea, "board", ids=picture.pk, name="Mine")
    assert dict(Board.objects.values_list("name", "visibility")) == {"Shared": "team", "Mine": "private"}


def test_everything_works_without_a_script(as_bea: Client, as_chi: Client, picture: Image) -> None:
    page = as_bea.get(f"/library/bulk/choose/tag/?ids={picture.pk}&next=/images/{picture.pk}/")
    assert "<!doctype html>" in page.content.decode()
    assert f'name="next" value="/images/{picture.pk}/"' in page.content.decode()
    data = {"ids": picture.pk, "name": "Sea", "next": f"/images/{picture.pk}/"}
    done = as_bea.post("/library/bulk/tag/", data, follow=True)
    assert done.redirect_chain == [(f"/images/{picture.pk}/", 302)]
    assert "1 picture tagged #Sea." in done.content.decode()
    undo_path = f"/library/bulk/works/{BulkWork.objects.get().pk}/undo/"
    assert undo_path in done.content.decode()
    assert as_bea.post(undo_path, follow=True).redirect_chain == [("/library/", 302)]
    assert "That was undone before." in as_bea.post(undo_path, follow=True).content.decode()
    assert as_bea.post("/library/bulk/tag/", {**data, "next": "https://elsewhere.example/"})["Location"] == "/library/"
    assert as_chi.post("/library/bulk/trash/", {"ids": picture.pk}).status_code == 403
    assert as_bea.post("/library/bulk/trash/", {"ids": "999999"}).status_code == 404
