"""The report: a Markdown page in which each benchmark replaces its own section, and JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpreter import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = ROOT / "docs" / "benchmarks.md"
DATA = PAGE.with_suffix(".json")
ORDER = ("cold", "warm", "size")
_INTRODUCTION = """# Benchmarks

What pilotlight promises, measured on one machine side by side with what a user would pick instead.
The ratios are what matters: another machine has other milliseconds. The other contenders stand in
[`benchmarks/peers/`](../benchmarks/peers) with their locked requirements. All figures with their
spreads are in [`benchmarks.json`](benchmarks.json).
"""


@dataclass(frozen=True)
class Section:
    """Hold what one benchmark writes: paragraphs and tables, and data."""

    name: str
    title: str
    text: list[str]
    data: dict[str, Any]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, columns of numbers aligned to the right."""
    numeric = [
        all(re.match(r"[≤*\s]*[\d-]|$", row[column]) for row in rows) for column in range(len(head))
    ]
    rule = ["--:" if right else ":--" for right in numeric]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def write(section: Section) -> None:
    """Replace one section of the page and of the data; the others stay."""
    PAGE.parent.mkdir(exist_ok=True)
    sections = _sections(PAGE.read_text("utf-8") if PAGE.exists() else "")
    sections[section.name] = "\n\n".join([f"## {section.title}", *section.text])
    page = _INTRODUCTION
    for name in ORDER:
        if name in sections:
            page += f"\n<!-- {name} -->\n{sections[name]}\n<!-- /{name} -->\n"
    PAGE.write_text(page, "utf-8")
    data = json.loads(DATA.read_text("utf-8")) if DATA.exists() else {}
    data[section.name] = section.data
    ordered = {name: data[name] for name in ORDER if name in data}
    DATA.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _sections(page: str) -> dict[str, str]:
    found = re.finditer(r"<!-- (\w+) -->\n(.*?)\n<!-- /\1 -->", page, re.DOTALL)
    return {match[1]: match[2] for match in found}
