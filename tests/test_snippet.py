"""The style sheet: well-formed, in the theme's own colours, and reachable without a mouse."""

import re

from tobs.root import PLAIN
from tobs.vault.offered import SNIPPET, offered

CSS = re.sub(r"/\*.*?\*/", "", dict(offered(PLAIN))[SNIPPET], flags=re.DOTALL)


def test_it_is_well_formed() -> None:
    assert CSS.count("{") == CSS.count("}") > 10
    assert CSS.count("(") == CSS.count(")")
    for rule in re.findall(r"\{([^{}]*)\}", CSS):
        assert all(re.fullmatch(r"\s*[\w-]+: [^:;]+", line) for line in rule.split(";") if line.strip()), rule


def test_colours_are_those_of_the_theme() -> None:
    assert not re.search(r"#[0-9a-fA-F]{3}|hsl|(?<!-)\brgba?\((?!var\()", CSS)
    colours = re.findall(r"(?:color|--callout-color|background-color): ([^;]+);", CSS)
    assert len(colours) > 8
    assert all("var(--" in colour for colour in colours)


def test_it_styles_nothing_but_what_tobs_writes() -> None:
    selectors = [part for rule in re.findall(r"([^{}]+)\{", CSS) for part in rule.split(",\n")]
    ours = r"data-callout=\"(?:tg(?:-[a-z]+)?|gift|spoiler)\"|\.tobs\b|\.tg-spoiler|^\s*samp\s*$|@media"
    assert [one for one in selectors if not re.search(ours, one)] == []


def test_spoilers_show_without_a_mouse_and_without_motion() -> None:
    assert ".tg-spoiler:is(:hover, :focus, :active)" in CSS
    assert re.search(r"prefers-reduced-motion: reduce\) \{\s*\.tg-spoiler \{\s*transition: none", CSS)
