#!/usr/bin/env python
"""Django's command line."""

import gc
import os
import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this without uv
    sys.exit("Proofsheet needs Python 3.11 or newer.")

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from gateway_site import beginnings

if __name__ == "__main__":
    # What is imported stays: looking through it for garbage again and again is a tenth of a start. GalleryConfig ends this.
    gc.disable()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway_site.settings")
    try:
        beginnings.refuse_without_a_studio(sys.argv[1:], Path(__file__).resolve().parent)
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:
        sys.exit(str(problem))
