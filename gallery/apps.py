"""The one app."""

import gc

from django.apps import AppConfig

from gallery.gateway.sandbox import openers
from gallery.services import sandbox_pictures


class GalleryConfig(AppConfig):
    name = "gallery"
    verbose_name = "Administration"

    def ready(self) -> None:
        """The sandbox is handed its way to the decoder. What is there now is there for good; from here on garbage is looked for
        among what comes."""
        openers.open_with(sandbox_pictures.open_picture)
        gc.freeze()
        gc.enable()
