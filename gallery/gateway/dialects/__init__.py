"""Which dialects there are, by name: those of the four shipped gateways, and the one that most other servers speak."""

from collections.abc import Mapping

from gallery.gateway.dialects import llmgateway, openai, openroute, openrouter, routellm
from gallery.gateway.dialects.dialect import Dialect

DIALECTS: Mapping[str, Dialect] = {
    dialect.slug: dialect
    for dialect in (routellm.DIALECT, openroute.DIALECT, openrouter.DIALECT, llmgateway.DIALECT, openai.DIALECT)
}
