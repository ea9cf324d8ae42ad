"""Pages made from templates: everything escaped, everything inside one file, written whole or not at all."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2 import Environment


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("omdrisk.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def _part(name: str) -> str:
    return resources.files("omdrisk.reports").joinpath("templates", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def render(template: str, *, styles: tuple[str, ...], script: str | None = None, **parts: Any) -> str:
    """Render a template with its style sheets and script inside.

    The page's content security policy names the digests of just these, so that no other style or script can
    act, and allows no connection and no image but those inside the page.

    Parameters
    ----------
    template
        Name of the template.
    styles, script
        Files beside the templates that go into the page as they are.
    **parts
        What the template names; every text among them is escaped.
    """
    style = "\n".join(_part(name) for name in styles)
    code = _part(script) if script else ""
    policy = f"default-src 'none'; style-src {_digest(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    if script:
        policy += f"; script-src {_digest(code)}"
    return _environment().get_template(template).render(policy=policy, style=style, script=code, **parts)


def write_whole(path: Path, text: str) -> Path:
    """Write a text file so that a reader finds the old one or the new one and never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(path)
    return path
