#!/usr/bin/env python3
"""The English catalogue: casework/locale/en.po holds every text that the interface can show, and nothing else.

update    add new texts (to be translated), drop those that are gone
check     say what is missing, untranslated, left over, or has other parameters than the Chinese; exit 1 if anything

Texts are found in three places: `_()` and `N_()` of the code, `_()` and `{% trans %}` of the templates, and the labels
of the data files in LABELS. Names of the law and of the business (documents, items, enterprises, places) are data and
stay Chinese; so do the official papers.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "casework/locale/en.po"
CODE = ("casework", "workers")
TEMPLATES = "templates"
PAPERS = "notices"
"""A folder of templates that are printed, never shown in English."""
FUNCTIONS = {"_", "N_"}
LABELS = {
    "casework/core/parameters.yaml": {"label", "note"},
    "casework/cases/result_codes.yaml": {"label"},
    "casework/intake/grounds.yaml": {"label"},
}
"""Data files with texts of the interface: under which keys."""

HEADER = """\
# Casework in English. The Chinese text is the message id. Words of the field are those of README.md.
# Kept by scripts/messages.py; edit only the translations.
msgid ""
msgstr ""
"Language: en\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""

Text = str | tuple[str, str]
"""A message id; with its plural where the text counts."""

_PARAMETER = re.compile(r"%\((\w+)\)s|\{\w+\}|%%|%")


def texts() -> set[Text]:
    """Every text of the tree."""
    found: set[Text] = set()
    for folder in CODE:
        for path in (ROOT / folder).rglob("*.py"):
            found.update(texts_of_code(path.read_text(encoding="utf-8")))
    for path in (ROOT / TEMPLATES).rglob("*.html"):
        if PAPERS not in path.relative_to(ROOT / TEMPLATES).parts:
            found.update(texts_of_template(path.read_text(encoding="utf-8")))
    for name, keys in LABELS.items():
        found.update(texts_of_data(yaml.safe_load((ROOT / name).read_text(encoding="utf-8")), keys))
    return found - {""}


def texts_of_code(source: str) -> Iterator[str]:
    """Literal first arguments of the marking functions; unlike a tokenizer, this also sees them inside f-strings."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS and node.args:
            match node.args[0]:
                case ast.Constant(value=str(text)):
                    yield text


def texts_of_template(source: str) -> Iterator[Text]:
    """Texts of a template, read with the white space rules of the application."""
    environment = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True)  # noqa: S701
    for _line, function, words in extract_from_ast(environment.parse(source), babel_style=False):
        yield (words[0], words[1]) if function == "ngettext" else words[0]


def texts_of_data(value: Any, keys: set[str]) -> Iterator[str]:
    """The words under these keys, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in keys and isinstance(inner, str):
                yield inner
            else:
                yield from texts_of_data(inner, keys)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of_data(inner, keys)


def catalogue() -> Catalog:
    """What is translated."""
    if not CATALOGUE.exists():
        return Catalog(locale="en")
    with CATALOGUE.open("rb") as source:
        return read_po(source, locale="en")


def update() -> None:
    """Brings the catalogue to the texts of the tree; what is translated stays."""
    known, fresh = catalogue(), Catalog(locale="en")
    for text in texts():
        message = known.get(text if isinstance(text, str) else text[0])
        fresh.add(text, message.string if message is not None and message.id == _id(text) else "")
    with CATALOGUE.open("wb") as target:
        target.write(HEADER.encode())
        write_po(target, fresh, width=120, no_location=True, omit_header=True, sort_output=True)


def problems() -> list[str]:
    """What is wrong with the catalogue, one sentence each."""
    wanted = {_id(text) for text in texts()}
    messages = {_id(message.id): message for message in catalogue() if message.id}
    found = [f"not in the catalogue: {text}" for text in wanted - messages.keys()]
    found += [f"no longer in the tree: {text}" for text in messages.keys() - wanted]
    for text, message in messages.items():
        originals = (text,) if isinstance(text, str) else text
        translations = (message.string,) if isinstance(message.string, str) else tuple(message.string)
        if message.fuzzy:
            found.append(f"marked as fuzzy: {text}")
        if not all(translations):
            found.append(f"not translated: {text}")
            continue
        for original, translation in zip(originals, translations, strict=True):
            if parameters(original) != parameters(translation):
                found.append(f"other parameters: {original} -> {translation}")
    return sorted(found)


def parameters(text: str) -> set[str]:
    """Names of the parameters; what a script fills in ({name}) and any other percent sign as it is written."""
    return {found[1] or found[0] for found in _PARAMETER.finditer(text)}


def _id(text: Any) -> Text:
    return text if isinstance(text, str) else (text[0], text[1])


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=("update", "check"))
    if parser.parse_args().verb == "update":
        update()
    found = problems()
    print("\n".join(found) or "The English catalogue is complete.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
