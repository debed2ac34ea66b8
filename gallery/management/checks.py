"""Which of Django's checks a command runs that shows no page: reading every page for them takes longer than its work."""

from django.core.checks import Tags

WITHOUT_PAGES = (
    Tags.async_support,
    Tags.caches,
    Tags.compatibility,
    Tags.files,
    Tags.models,
    Tags.security,
    Tags.signals,
)
