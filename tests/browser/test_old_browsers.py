"""Styles and scripts use nothing that a browser of five years ago does not know."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "casework" / "static"

TOO_YOUNG = {
    ".css": {
        "style queries": r"@container|@scope|@starting-style|@layer|@view-transition",
        "relational selectors": r":has\(|:user-(?:in)?valid|:popover-open|:modal\b",
        "nesting": r"(?m)^\s+&",
        "colours": r"\b(?:color-mix|oklch|oklab|lch|lab|light-dark)\(",
        "units": r"\d(?:[dsl]v[hw]|cq[wh]|lh)\b",
        "properties": r"\b(?:subgrid|anchor-name|field-sizing|(?<![-\w])(?:translate|rotate|scale):)",
        "media ranges": r"@media[^{]*[<>]",
    },
    ".js": {
        "methods": r"\.(?:findLast|findLastIndex|toSorted|toReversed|toSpliced|showPopover|startViewTransition)\(",
        "functions": r"\b(?:structuredClone|Object\.groupBy|Array\.fromAsync|Promise\.withResolvers|URL\.canParse)\b",
    },
    ".html": {"attributes": r"<[^>{]*\s(?:popover|popovertarget|inert|commandfor)[\s=>]"},
}
"""What came after 2021 and has no harmless fallback, by kind of file. Scripts inside pages are read as scripts too."""


def uses(path: Path) -> list[str]:
    """What a file says that is too young."""
    words = path.read_text(encoding="utf-8")
    kinds = [".html", ".js"] if path.suffix == ".html" else [path.suffix]
    return [
        f"{path.name}: {what}" for kind in kinds for what, known in TOO_YOUNG[kind].items() if re.search(known, words)
    ]


def test_nothing_is_too_young() -> None:
    own = [path for path in STATIC.rglob("*") if path.suffix in TOO_YOUNG and "vendor" not in path.parts]
    pages = list((ROOT / "templates").rglob("*.html"))
    assert own
    assert [use for path in [*own, *pages] for use in uses(path)] == []
