"""Every URL, grouped by page."""

from django.contrib.auth import views as auth_views
from django.urls import include, path, re_path

from gallery.endpoint import chat, docs, files, listings, nowhere
from gallery.endpoint import images as endpoint_images
from gallery.views import (
    access_tokens,
    accounts,
    analysis,
    code,
    generations,
    health,
    history,
    images,
    library,
    media,
    people,
    picker,
    profile,
    studio,
    uploads,
)

studio_urls = [
    path("", studio.studio, name="studio"),
    path("studio/form/", studio.form, name="studio-form"),
    path("studio/live/", studio.live, name="studio-live"),
    path("studio/code/", code.code, name="studio-code"),
    path("models/", picker.models, name="models"),
    path("uploads/", uploads.upload, name="upload"),
    path("analysis/", analysis.analysis, name="analysis"),
]
generation_urls = [
    path("history/", history.history, name="history"),
    path("generations/<int:generation_id>/", generations.detail, name="generation-detail"),
    path("generations/<int:generation_id>/live/", generations.live, name="generation-live"),
    path("generations/<int:generation_id>/run-again/", generations.run_again, name="generation-run-again"),
    path("generations/<int:generation_id>/look-again/", generations.look_again, name="generation-look-again"),
    path("generations/<int:generation_id>/cancel/", generations.cancel, name="generation-cancel"),
    path("generations/<int:generation_id>/visibility/", generations.visibility, name="generation-visibility"),
]
image_urls = [
    path("library/", library.library, name="library"),
    path("library/pick/", library.pick, name="library-pick"),
    path("images/<int:image_id>/", images.detail, name="image-detail"),
    path("images/<int:image_id>/visibility/", images.visibility, name="image-visibility"),
    path("images/<int:image_id>/trash/", images.trash, name="image-trash"),
    path("images/<int:image_id>/restore/", images.restore, name="image-restore"),
    path("images/<int:image_id>/download/", media.download, name="image-download"),
    path("media/<str:sha256>/<str:size>", media.media, name="media"),
]
people_urls = [
    path("accounts/login/", accounts.LoginView.as_view(), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("accounts/join/<str:token>/", accounts.join, name="join"),
    path("accounts/password/<str:uidb64>/<str:token>/", accounts.PasswordResetView.as_view(), name="password-reset"),
    path("profile/", profile.profile, name="profile"),
    path("profile/theme/", profile.theme, name="theme"),
    path("profile/password/", profile.password, name="password-change"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="people-invite"),
    path("people/invitations/<int:invitation_id>/revoke/", people.revoke, name="invitation-revoke"),
    path("people/<int:user_id>/role/", people.role, name="person-role"),
    path("people/<int:user_id>/active/", people.active, name="person-active"),
    path("people/<int:user_id>/password-link/", people.password_link, name="person-password-link"),
]
token_urls = [
    path("tokens/", access_tokens.access_tokens, name="access-tokens"),
    path("tokens/create/", access_tokens.create, name="access-token-create"),
    path("tokens/<int:token_id>/", access_tokens.change, name="access-token-change"),
    path("tokens/<int:token_id>/revoke/", access_tokens.revoke, name="access-token-revoke"),
]
health_urls = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

surfaces = [
    path("chat/completions", chat.chat_completions, name="chat-completions"),
    path("models", listings.models, name="endpoint-models"),
    path("models/<path:model_id>", listings.model, name="endpoint-model"),
    path("model/<path:model_id>", listings.routed_model, name="endpoint-routed-model"),
    path("images/generations", endpoint_images.generations, name="image-generations"),
    path("images/edits", endpoint_images.edits, name="image-edits"),
    path("images", endpoint_images.routed, name="endpoint-images"),
    path("images/models", listings.image_models, name="endpoint-image-models"),
    path(
        "images/models/<path:model_id>/endpoints", listings.image_model_endpoints, name="endpoint-image-model-endpoints"
    ),
    path("key", listings.key, name="endpoint-key"),
    path("docs", docs.reference, name="endpoint-docs"),
    path("openapi.json", docs.openapi, name="endpoint-document"),
    path("files/<str:signed>", files.signed_file, name="endpoint-file"),
    re_path(r"[\s\S]*", nowhere.nowhere),
]
# The last one is what `reverse` gives.
endpoint_urls = [
    path("api/v1", nowhere.nowhere),
    path("v1", nowhere.nowhere),
    path("api/v1/", include(surfaces)),
    path("v1/", include(surfaces)),
]

urlpatterns = studio_urls + generation_urls + image_urls + people_urls + token_urls + health_urls + endpoint_urls
