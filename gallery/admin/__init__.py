"""The admin's pages. What people make (generations, images, invitations) is not registered: private stays private."""

from gallery.admin import api_keys, gateways, image_models, people

__all__ = ["api_keys", "gateways", "image_models", "people"]
