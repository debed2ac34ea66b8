"""What axe-core finds on a page as it stands, light and dark."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser import looks

GRAVE = ("serious", "critical")
# In the dark nothing but the colours is another: no stylesheet and no script asks. Of the rules these look at them.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
OPTIONS: dict[str, dict[str, Any]] = {
    "light": {"resultTypes": ["violations"]},
    "dark": {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": COLOUR_RULES}},
}
LEAST_PASSES = {"light": 10, "dark": 0}
LOOK = """
(options) => axe.run(document, options).then(({ violations, passes }) => ({ violations, passes: passes.length }))
"""


def grave_findings(page: Page) -> list[str]:
    """Each serious or critical violation with the first elements that have it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = []
    for scheme in looks.schemes(page):
        result = page.evaluate(LOOK, OPTIONS[scheme])
        assert result["passes"] > LEAST_PASSES[scheme]
        found += [
            f"{scheme}, {violation['id']}: {violation['help']} {[node['html'][:160] for node in violation['nodes'][:3]]}"
            for violation in result["violations"]
            if violation["impact"] in GRAVE
        ]
    return found
