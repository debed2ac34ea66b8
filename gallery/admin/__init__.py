"""The admin's pages. What people make (generations, images, invitations) is not registered: private stays private."""

from gallery.admin import access_tokens, api_keys, gateways, image_models, model_aliases, people

__all__ = ["access_tokens", "api_keys", "gateways", "image_models", "model_aliases", "people"]
