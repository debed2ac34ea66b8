"""Every row of the product. QuerySets hold every read, named for the page that uses them; writes live in services."""

from gallery.models.audit import Act, AuditEntry
from gallery.models.batches import Batch
from gallery.models.boards import Board, BoardItem
from gallery.models.budgets import Budget, BudgetHold, BudgetSpan
from gallery.models.bulk import BulkChange, BulkWork
from gallery.models.curation import Comment, ImageTag, Mark, Mention, Tag
from gallery.models.gateways import APIKey, Gateway, KeyUse
from gallery.models.generations import Generation, GenerationInput
from gallery.models.groups import Group, Membership
from gallery.models.history import HistoryQuery
from gallery.models.image_models import ImageModel
from gallery.models.images import Image
from gallery.models.model_listings import ModelListing
from gallery.models.people import Avatar, Invitation, User
from gallery.models.search import ImageWords
from gallery.models.sessions import Session
from gallery.models.shares import Share, ShareItem
from gallery.models.spec_versions import SpecVersion
from gallery.models.studio import Draft, FavouriteModel, Preset, Snippet
from gallery.models.throttle import CacheEntry
from gallery.models.tokens import AccessToken, ModelAlias
from gallery.models.upkeep import Upkeep
from gallery.models.usage import UsageDay, UsagePace
from gallery.models.visibility import Visibility, is_seen_by, visibilities_of
from gallery.models.wall import Selection, SelectionRefused, WallQuery
from gallery.models.workers import Worker

__all__ = [
    "APIKey",
    "AccessToken",
    "Act",
    "AuditEntry",
    "Avatar",
    "Batch",
    "Board",
    "BoardItem",
    "Budget",
    "BudgetHold",
    "BudgetSpan",
    "BulkChange",
    "BulkWork",
    "CacheEntry",
    "Comment",
    "Draft",
    "FavouriteModel",
    "Gateway",
    "Generation",
    "GenerationInput",
    "Group",
    "HistoryQuery",
    "Image",
    "ImageModel",
    "ImageTag",
    "ImageWords",
    "Invitation",
    "KeyUse",
    "Mark",
    "Membership",
    "Mention",
    "ModelAlias",
    "ModelListing",
    "Preset",
    "Selection",
    "SelectionRefused",
    "Session",
    "Share",
    "ShareItem",
    "Snippet",
    "SpecVersion",
    "Tag",
    "Upkeep",
    "UsageDay",
    "UsagePace",
    "User",
    "Visibility",
    "WallQuery",
    "Worker",
    "is_seen_by",
    "visibilities_of",
]
