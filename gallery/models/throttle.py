"""What all processes count together; Django's cache reads and writes it (`CACHES` in the settings)."""

from django.db import models


class CacheEntry(models.Model):
    """The columns that Django's database cache expects."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)
