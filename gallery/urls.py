"""Every URL, grouped by page."""

from allauth.mfa.recovery_codes.views import download_recovery_codes
from allauth.mfa.webauthn.views import login_webauthn
from django.urls import include, path, re_path

from gallery.endpoint import chat, docs, files, listings, nowhere
from gallery.endpoint import images as endpoint_images
from gallery.views import (
    access_tokens,
    accounts,
    analysis,
    avatars,
    batch_setup,
    batches,
    board,
    board_pictures,
    boards,
    budgets,
    bulk,
    bulk_choices,
    code,
    compare,
    curation,
    cuts,
    downloads,
    drafts,
    generations,
    groups,
    health,
    history,
    images,
    imports,
    library,
    lightbox,
    masks,
    media,
    mentions,
    passwords,
    people,
    picker,
    preset_keeping,
    presets,
    profile,
    prompt_box,
    queue,
    quotes,
    second_steps,
    sessions,
    share,
    share_media,
    shares,
    sso,
    studio,
    studio_form,
    studio_live,
    tags,
    trash,
    uploads,
    usage,
    wall,
    wall_filters,
    words,
)

studio_urls = [
    path("", studio.studio, name="studio"),
    path("studio/form/", studio_form.change_model, name="studio-form"),
    path("studio/form/undo/", studio_form.undo, name="studio-undo"),
    path("studio/form/redo/", studio_form.redo, name="studio-redo"),
    path("studio/live/", studio_live.live, name="studio-live"),
    path("studio/price/", quotes.quote, name="quote"),
    path("studio/code/", code.code, name="studio-code"),
    path("studio/earlier/", prompt_box.earlier, name="studio-earlier"),
    path("studio/expansion/", prompt_box.expansion, name="studio-expansion"),
    path("studio/draft/", drafts.save, name="draft-save"),
    path("studio/draft/take-back/", drafts.take_back, name="draft-take-back"),
    path("studio/draft/drop/", drafts.drop, name="draft-drop"),
    path("models/", picker.models, name="models"),
    path("models/<int:model_key>/favourite/", picker.favourite, name="model-favourite"),
    path("uploads/", uploads.upload, name="upload"),
    path("uploads/crop/", cuts.crop, name="upload-crop"),
    path("uploads/cut/", cuts.cut, name="upload-cut"),
    path("uploads/paint/", masks.paint, name="upload-paint"),
    path("uploads/mask/", masks.store, name="upload-mask"),
    path("analysis/", analysis.analysis, name="analysis"),
]
word_urls = [
    path("words/", words.words, name="words"),
    path("words/complete/", words.complete, name="words-complete"),
    path("words/<int:snippet_id>/", words.change, name="words-change"),
    path("words/<int:snippet_id>/trash/", words.trash, name="words-trash"),
    path("words/<int:snippet_id>/restore/", words.restore, name="words-restore"),
]
preset_urls = [
    path("presets/", presets.presets, name="presets"),
    path("presets/new/", preset_keeping.new, name="preset-new"),
    path("presets/<int:preset_id>/", presets.change, name="preset-change"),
    path("presets/<int:preset_id>/use/", preset_keeping.use, name="preset-use"),
    path("presets/<int:preset_id>/settings/", preset_keeping.overwrite, name="preset-overwrite"),
    path("presets/<int:preset_id>/undo/", preset_keeping.undo_overwrite, name="preset-undo"),
    path("presets/<int:preset_id>/default/", presets.default, name="preset-default"),
    path("presets/<int:preset_id>/for-all/", presets.for_all, name="preset-for-all"),
    path("presets/<int:preset_id>/trash/", presets.trash, name="preset-trash"),
    path("presets/<int:preset_id>/restore/", presets.restore, name="preset-restore"),
]
batch_urls = [
    path("compare/models/", batch_setup.compare_models, name="compare-models"),
    path("matrix/", batch_setup.matrix, name="matrix"),
    path("batches/plan/", batch_setup.plan, name="batch-plan"),
    path("batches/new/", batch_setup.create, name="batch-create"),
    path("batches/<int:batch_id>/", batches.batch, name="batch"),
    path("batches/<int:batch_id>/live/", batches.live, name="batch-live"),
    path("batches/<int:batch_id>/sheet.png", batches.sheet, name="batch-sheet"),
    path("batches/<int:batch_id>/pause/", batches.pause, name="batch-pause"),
    path("batches/<int:batch_id>/resume/", batches.resume, name="batch-resume"),
    path("batches/<int:batch_id>/stop/", batches.stop, name="batch-stop"),
    path("batches/<int:batch_id>/limit/", batches.limit, name="batch-limit"),
    path("batches/<int:batch_id>/retry/", batches.retry, name="batch-retry"),
    path("batches/<int:batch_id>/winner/", batches.winner, name="batch-winner"),
]
queue_urls = [
    path("queue/", queue.queue, name="queue"),
    path("queue/live/", queue.live, name="queue-live"),
    path("queue/seen/", queue.seen, name="queue-seen"),
    path("queue/runs/<int:generation_id>/cancel/", queue.cancel, name="queue-cancel"),
    path("queue/runs/<int:generation_id>/retry/", queue.retry, name="queue-retry"),
    path("queue/batches/<int:batch_id>/<slug:action>/", queue.change_batch, name="queue-batch"),
]
generation_urls = [
    path("history/", history.history, name="history"),
    path("history/facets/<slug:name>/", history.facet, name="history-facet"),
    path("generations/<int:generation_id>/", generations.detail, name="generation-detail"),
    path("generations/<int:generation_id>/live/", generations.live, name="generation-live"),
    path("generations/<int:generation_id>/run-again/", generations.run_again, name="generation-run-again"),
    path("generations/<int:generation_id>/vary/", generations.vary, name="generation-vary"),
    path("generations/<int:generation_id>/look-again/", generations.look_again, name="generation-look-again"),
    path("generations/<int:generation_id>/cancel/", generations.cancel, name="generation-cancel"),
    path("generations/<int:generation_id>/visibility/", generations.visibility, name="generation-visibility"),
]
image_urls = [
    path("library/", library.library, name="library"),
    path("library/pick/", library.pick, name="library-pick"),
    path("compare/", compare.compare, name="compare"),
    path("library/sections/", wall.sections, name="library-sections"),
    path("library/section/", wall.section, name="library-section"),
    path("library/ids/", wall.ids, name="library-ids"),
    path("library/download/", downloads.download_selection, name="library-download"),
    path("library/download/choose/", downloads.choose_download, name="library-download-choose"),
    path("import/", imports.import_pictures, name="import"),
    path("library/facets/<slug:name>/", wall_filters.facet, name="library-facet"),
    path("library/save/", wall_filters.save, name="library-save"),
    path("trash/empty/", trash.empty, name="trash-empty"),
    path("trash/delete/", trash.delete, name="trash-delete"),
    path("images/<int:image_id>/", images.detail, name="image-detail"),
    path("images/<int:image_id>/run/", lightbox.run, name="image-run"),
    path("images/<int:image_id>/panel/", images.panel, name="image-panel"),
    path("images/<int:image_id>/mark/", curation.mark, name="image-mark"),
    path("images/<int:image_id>/tags/", curation.tag, name="image-tags"),
    path("images/<int:image_id>/boards/", curation.board, name="image-boards"),
    path("images/<int:image_id>/note/", curation.note, name="image-note"),
    path("images/<int:image_id>/comments/", curation.comment, name="image-comments"),
    path("images/<int:image_id>/comments/<int:comment_id>/", curation.comment_edit, name="comment-edit"),
    path("images/<int:image_id>/comments/<int:comment_id>/delete/", curation.comment_delete, name="comment-delete"),
    path("images/<int:image_id>/visibility/", images.visibility, name="image-visibility"),
    path("images/<int:image_id>/trash/", images.trash, name="image-trash"),
    path("images/<int:image_id>/restore/", images.restore, name="image-restore"),
    path("images/<int:image_id>/download/", downloads.download, name="image-download"),
    path("images/<int:image_id>/credentials/", downloads.credentials, name="image-credentials"),
    path("media/missing", media.missing, name="media-missing"),
    path("media/<str:sha256>/<str:size>", media.media, name="media"),
]
bulk_urls = [
    path("library/bulk/choose/tag/", bulk_choices.choose_tag, name="bulk-choose-tag"),
    path("library/bulk/choose/board/", bulk_choices.choose_board, name="bulk-choose-board"),
    path("library/bulk/works/<int:work_id>/", bulk.progress, name="bulk-progress"),
    path("library/bulk/works/<int:work_id>/undo/", bulk.undo, name="bulk-undo"),
    path("library/bulk/works/<int:work_id>/stop/", bulk.stop, name="bulk-stop"),
    path("library/bulk/<slug:action>/", bulk.act, name="bulk"),
]
curation_urls = [
    path("mentions/", mentions.mentions, name="mentions"),
    path("mentions/people/", mentions.people, name="mention-people"),
    path("tags/", tags.page, name="tags"),
    path("tags/complete/", tags.complete, name="tag-complete"),
    path("tags/<int:tag_id>/", tags.change, name="tag-change"),
]
board_urls = [
    path("boards/", boards.boards, name="boards"),
    path("boards/new/", boards.create, name="board-create"),
    path("boards/<int:board_id>/", board.board, name="board"),
    path("boards/<int:board_id>/facets/<slug:name>/", board.facet, name="board-facet"),
    path("boards/<int:board_id>/face/", boards.face, name="board-face"),
    path("boards/<int:board_id>/words/", board.words, name="board-words"),
    path("boards/<int:board_id>/visibility/", board.visibility, name="board-visibility"),
    path("boards/<int:board_id>/search/", board.search, name="board-search"),
    path("boards/<int:board_id>/trash/", board.trash, name="board-trash"),
    path("boards/<int:board_id>/restore/", board.restore, name="board-restore"),
    path("boards/<int:board_id>/add/", board_pictures.add, name="board-add"),
    path("boards/<int:board_id>/remove/", board_pictures.remove, name="board-remove"),
    path("boards/<int:board_id>/move/", board_pictures.move, name="board-move"),
    path("boards/<int:board_id>/cover/", board_pictures.cover, name="board-cover"),
]
people_urls = [
    path("accounts/login/", accounts.SignInView.as_view(), name="account_login"),
    path("accounts/logout/", accounts.SignOutView.as_view(), name="logout"),
    path("accounts/inactive/", accounts.inactive, name="account_inactive"),
    path("accounts/sso/", sso.leave, name="sso"),
    path("accounts/sso/back/", sso.come_back, name="sso-callback"),
    path("accounts/sso/<int:account_id>/unlink/", sso.unlink, name="sso-unlink"),
    path("accounts/passkey/", login_webauthn, name="mfa_login_webauthn"),
    path("accounts/second-step/", second_steps.SecondStepView.as_view(), name="mfa_authenticate"),
    path("accounts/again/", second_steps.PasswordAgainView.as_view(), name="account_reauthenticate"),
    path("accounts/again/code/", second_steps.CodeAgainView.as_view(), name="mfa_reauthenticate"),
    path("accounts/again/passkey/", second_steps.PasskeyAgainView.as_view(), name="mfa_reauthenticate_webauthn"),
    path("accounts/app/add/", second_steps.AddAppView.as_view(), name="mfa_activate_totp"),
    path("accounts/app/remove/", second_steps.RemoveAppView.as_view(), name="mfa_deactivate_totp"),
    path("accounts/passkeys/add/", second_steps.AddPasskeyView.as_view(), name="mfa_add_webauthn"),
    path("accounts/passkeys/<int:pk>/remove/", second_steps.RemovePasskeyView.as_view(), name="mfa_remove_webauthn"),
    path("accounts/recovery-codes/", second_steps.RecoveryCodesView.as_view(), name="mfa_view_recovery_codes"),
    path("accounts/recovery-codes/file/", download_recovery_codes, name="mfa_download_recovery_codes"),
    path(
        "accounts/recovery-codes/new/", second_steps.NewRecoveryCodesView.as_view(), name="mfa_generate_recovery_codes"
    ),
    path("accounts/join/<str:token>/", accounts.join, name="join"),
    path("accounts/password/<str:uidb64>/<str:token>/", accounts.PasswordResetView.as_view(), name="password-reset"),
    path("profile/", profile.profile, name="profile"),
    path("profile/theme/", profile.theme, name="theme"),
    path("profile/limits/", profile.limits, name="limits"),
    path("profile/studio/", profile.studio_defaults, name="studio-defaults"),
    path("profile/notices/", profile.notices, name="notices"),
    path("profile/picture/", avatars.change, name="avatar-change"),
    path("profile/picture/remove/", avatars.remove, name="avatar-remove"),
    path("profile/password/", passwords.change, name="password-change"),
    path("profile/password/set/", passwords.set_first, name="password-set"),
    path("profile/sessions/end/", sessions.end_others, name="sessions-end"),
    path("profile/sessions/<slug:handle>/end/", sessions.end, name="session-end"),
    path("people/", people.people, name="people"),
    path("people/<int:user_id>/picture/<slug:stamp>/", avatars.avatar, name="avatar"),
    path("people/invite/", people.invite, name="people-invite"),
    path("people/invitations/<int:invitation_id>/revoke/", people.revoke, name="invitation-revoke"),
    path("people/groups/new/", groups.new, name="group-new"),
    path("people/groups/<int:group_id>/", groups.group, name="group"),
    path("people/groups/<int:group_id>/change/", groups.change, name="group-change"),
    path("people/groups/<int:group_id>/open/", groups.opening, name="group-open"),
    path("people/groups/<int:group_id>/invite/", groups.invite, name="group-invite"),
    path("people/groups/<int:group_id>/members/", groups.add, name="group-add"),
    path("people/groups/<int:group_id>/members/<int:user_id>/remove/", groups.remove, name="group-remove"),
    path("people/groups/<int:group_id>/members/<int:user_id>/lead/", groups.lead, name="group-lead"),
    path("people/<int:user_id>/role/", people.role, name="person-role"),
    path("people/<int:user_id>/active/", people.active, name="person-active"),
    path("people/<int:user_id>/password-link/", people.password_link, name="person-password-link"),
    path("people/<int:user_id>/second-step/", second_steps.take_away, name="person-second-step"),
]
token_urls = [
    path("tokens/", access_tokens.access_tokens, name="access-tokens"),
    path("tokens/create/", access_tokens.create, name="access-token-create"),
    path("tokens/<int:token_id>/", access_tokens.change, name="access-token-change"),
    path("tokens/<int:token_id>/revoke/", access_tokens.revoke, name="access-token-revoke"),
]
share_urls = [
    path("shares/", shares.shares, name="shares"),
    path("shares/new/", shares.new, name="share-new"),
    path("shares/<int:share_id>/", shares.change, name="share-change"),
    path("shares/<int:share_id>/revoke/", shares.revoke, name="share-revoke"),
    path("s/<str:token>/", share.share, name="share"),
    path("s/<str:token>/<int:image_id>/", share.picture, name="share-picture"),
    path("s/<str:token>/media/<int:image_id>/<str:size>", share_media.media, name="share-media"),
    path("s/<str:token>/download/<int:image_id>/", share_media.download, name="share-download"),
]
usage_urls = [
    path("usage/", usage.usage, name="usage"),
    path("usage/usage.csv", usage.export, name="usage-csv"),
    path("usage/budgets/", budgets.budgets, name="usage-budgets"),
    path("usage/budgets/new/", budgets.create, name="budget-create"),
    path("usage/budgets/<int:budget_id>/", budgets.change, name="budget-change"),
    path("usage/budgets/<int:budget_id>/remove/", budgets.remove, name="budget-remove"),
    path("usage/rates/<int:gateway_id>/", budgets.rate, name="budget-rate"),
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

urlpatterns = (
    studio_urls
    + word_urls
    + preset_urls
    + batch_urls
    + queue_urls
    + generation_urls
    + image_urls
    + bulk_urls
    + curation_urls
    + board_urls
    + people_urls
    + token_urls
    + share_urls
    + usage_urls
    + health_urls
    + endpoint_urls
)
