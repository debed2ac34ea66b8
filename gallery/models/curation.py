"""What people put on pictures: their own marks, and the team's tags and comments."""

from typing import Any, Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q

from gallery.models import visibility
from gallery.models.images import Image, listing
from gallery.models.people import Role, User
from gallery.models.search import plain

MOST_ON_SELECTED = 50


class MarkQuerySet(models.QuerySet["Mark"]):
    def of_images(self, user: Any, image_ids: list[int]) -> dict[int, "Mark"]:
        """One person's marks on some pictures, by picture."""
        return {mark.image_id: mark for mark in self.filter(user=user, image__in=image_ids)}

    def for_picture(self, image: Image) -> Self:
        """What everybody thinks of one picture, the first opinion first."""
        return self.filter(image=image).select_related("user").order_by("id")

    def of_nothing(self) -> Self:
        """Rows in which every mark was taken back."""
        return self.filter(is_favourite=False, rating=None, is_rejected=False)


class Mark(models.Model):
    """One person's opinion of one picture: circled (favourite), one to five, rejected."""

    user = models.ForeignKey(User, models.CASCADE, related_name="marks", db_index=False)
    image = models.ForeignKey(Image, models.CASCADE, related_name="marks")
    is_favourite = models.BooleanField(default=False)
    rating = models.PositiveSmallIntegerField(null=True)
    is_rejected = models.BooleanField(default=False)
    changed_at = models.DateTimeField(auto_now=True)

    objects = MarkQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "image"], name="one_mark_per_person_and_image")]
        indexes = [
            models.Index(fields=["user", "-image"], name="mark_favourites", condition=Q(is_favourite=True)),
            models.Index(fields=["user", "-image"], name="mark_rejected", condition=Q(is_rejected=True)),
            models.Index(fields=["user", "rating", "-image"], name="mark_ratings"),
        ]


class TagQuerySet(models.QuerySet["Tag"]):
    def named(self, words: str, *, anywhere: bool = False) -> Self:
        """Whose names begin with these words, or hold them. Accents do not matter here though keys keep them: a team’s tags
        are few enough to be read through."""
        wanted = plain(words)
        if not wanted:
            return self
        names = ((pk, plain(key)) for pk, key in self.model.objects.values_list("pk", "key"))
        found = [pk for pk, name in names if (wanted in name if anywhere else name.startswith(wanted))]
        return self.filter(pk__in=listing(found))

    def for_completion(self, user: Any, *, begin: str = "") -> Self:
        """Tags that stand on a picture this person may see, the most used first."""
        seen = visibility.seen_by(user, "image_tags__image__")
        rows = self.filter(seen, image_tags__image__deleted_at=None)
        return rows.named(begin).annotate(count=Count("image_tags")).order_by("-count", "key")

    def for_page(self, user: Any) -> Self:
        """As for completion, and one's own that stand nowhere yet, by the alphabet. `count` is of what this person sees."""
        seen = visibility.seen_by(user, "image_tags__image__")
        count = Count("image_tags", filter=seen & Q(image_tags__image__deleted_at=None))
        rows = self.annotate(count=count).filter(Q(count__gt=0) | Q(created_by=user.pk))
        return rows.select_related("created_by").order_by("key")

    def editable_by(self, user: Any) -> Self:
        """Whoever made a tag renames it; administrators and leads any."""
        return self if user.role in (Role.ADMIN, Role.LEAD) else self.filter(created_by=user.pk)

    def for_filter(self, user: Any, *, find: str = "") -> Self:
        """Tags that stand on a picture this person sees, by name; `find` is a part of it."""
        return self.filter(seen_by(user)).named(find, anywhere=True).order_by("key")

    def known_to(self, user: Any) -> Self:
        """As for the filter, and one's own that stand nowhere yet: the names of all others are not told."""
        return self.filter(Q(created_by=user.pk) | seen_by(user)).order_by("key")

    def on_selected(self, images: Any) -> list[tuple["Tag", int]]:
        """Tags that stand on some of these pictures, and on how many, the most frequent first."""
        counted = ImageTag.objects.filter(image__in=images.order_by().values("pk")).values_list("tag")
        counts = dict(counted.annotate(count=Count("pk")).order_by("-count")[:MOST_ON_SELECTED])
        return sorted(
            ((tag, counts[tag.pk]) for tag in self.filter(pk__in=counts)), key=lambda pair: (-pair[1], pair[0].key)
        )


def seen_by(user: Any) -> Exists:
    # Each picture looked at by itself: as a list, all that this person sees would be read first.
    seen = Image.objects.visible_to(user).kept().filter(pk=OuterRef("image"))
    return Exists(ImageTag.objects.filter(Exists(seen), tag=OuterRef("pk")))


class Tag(models.Model):
    """A word of the team. `key` is its name as it is compared, `colour` one of the swatches."""

    name = models.CharField(max_length=60)
    key = models.CharField(max_length=60, unique=True)
    colour = models.CharField(max_length=10, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name


class ImageTag(models.Model):
    image = models.ForeignKey(Image, models.CASCADE, related_name="image_tags")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="image_tags", db_index=False)
    added_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "image"], name="one_tag_per_image")]
        indexes = [models.Index(fields=["tag", "-image"], name="image_tag_wall")]


class CommentQuerySet(models.QuerySet["Comment"]):
    def for_image(self, image: Image) -> Self:
        """Oldest first, as a conversation is read."""
        return self.filter(image=image, deleted_at=None).select_related("author").order_by("id")


class Comment(models.Model):
    image = models.ForeignKey(Image, models.CASCADE, related_name="comments")
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="comments")
    author_name = models.CharField(max_length=150, blank=True)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects = CommentQuerySet.as_manager()


class MentionQuerySet(models.QuerySet["Mention"]):
    def for_person(self, user: User) -> Self:
        """Comments that name this person, on pictures they may see, newest first."""
        seen = visibility.seen_by(user, "comment__image__")
        rows = self.filter(seen, user=user, comment__deleted_at=None, comment__image__deleted_at=None)
        return rows.select_related("comment__author", "comment__image").order_by("-id")

    def unseen(self) -> Self:
        return self.filter(seen_at=None)


class Mention(models.Model):
    """A person named with @ in a comment."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(User, models.CASCADE, related_name="mentions")
    seen_at = models.DateTimeField(null=True)

    objects = MentionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="one_mention_per_comment")]
