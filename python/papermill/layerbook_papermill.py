"""Writes papermill's parameters as TypeScript, for the kernel of layerbook and any other of that language."""

import json
import re

from papermill.engines import NBClientEngine
from papermill.exceptions import PapermillException
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

# A larger integer would silently become another number.
LARGEST = 2**53 - 1

NAME = re.compile(r"(?!\d)[\w$]+")
RESERVED = frozenset(
    "await break case catch class const continue debugger default delete do else enum export extends false finally "
    "for function if implements import in instanceof interface let new null package private protected public return "
    "static super switch this throw true try typeof var void while with yield".split()
)

# `let name: type = value; // help`; a string may hold what looks like a comment.
VALUE = r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|[^"'`/]|/(?!/)"""
DECLARATION = re.compile(
    rf"\s*(?:let|const|var)\s+(?P<name>[\w$]+)\s*(?::(?P<type>[^=]+))?=(?P<value>(?:{VALUE})+?);?\s*(?://(?P<help>.*))?"
)


def check(value):
    """Refuses what TypeScript's numbers cannot hold, at any depth."""
    if isinstance(value, dict):
        for each in value.values():
            check(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            check(each)
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise PapermillException(f"{value}: expected an integer of at most {LARGEST}. Pass it as a string.")


class TypeScriptTranslator(Translator):
    """JSON is TypeScript, and so are the three numbers that json.dumps writes though JSON lacks them."""

    @classmethod
    def translate(cls, val):
        check(val)
        return json.dumps(val, ensure_ascii=False, default=str)

    @classmethod
    def comment(cls, cmt_str):
        return f"// {cmt_str}".strip()

    @classmethod
    def assign(cls, name, str_val):
        if NAME.fullmatch(name) is None or name in RESERVED:
            raise PapermillException(f"{name!r}: expected a name that TypeScript can declare")
        # Under the strict rules an empty list would take nothing, and null no other value.
        kind = {"null": ": any", "[]": ": any[]", "{}": ": Record<string, any>"}.get(str_val, "")
        return f"let {name}{kind} = {str_val};"

    @classmethod
    def inspect(cls, parameters_cell):
        found = map(DECLARATION.fullmatch, parameters_cell["source"].splitlines())
        return [
            Parameter(
                name=each["name"],
                inferred_type_name=(each["type"] or "None").strip(),
                default=each["value"].strip(),
                help=(each["help"] or "").strip(),
            )
            for each in found
            if each is not None
        ]


class LayerbookEngine(NBClientEngine):
    """papermill's own engine, by another name: an engine is what papermill lets other packages register."""


# By the language too, so that a kernel installed under another name finds it.
papermill_translators.register("layerbook", TypeScriptTranslator)
papermill_translators.register("typescript", TypeScriptTranslator)
