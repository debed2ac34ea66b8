"""Which dialects there are, by the slug of their gateway."""

from collections.abc import Mapping

from gallery.gateway.dialects import llmgateway, openroute, openrouter, routellm
from gallery.gateway.dialects.dialect import Dialect

DIALECTS: Mapping[str, Dialect] = {
    dialect.slug: dialect for dialect in (routellm.DIALECT, openroute.DIALECT, openrouter.DIALECT, llmgateway.DIALECT)
}
