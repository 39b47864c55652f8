"""Writes papermill's parameters as TypeScript, for layerbook's kernel and other TypeScript kernels."""

import json
import re

from papermill.engines import NBClientEngine
from papermill.exceptions import PapermillException
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

# A larger integer would silently be rounded.
LARGEST = 2**53 - 1

NAME = re.compile(r"(?!\d)[\w$]+")
RESERVED = frozenset(
    "await break case catch class const continue debugger default delete do else enum export extends false finally "
    "for function if implements import in instanceof interface let new null package private protected public return "
    "static super switch this throw true try typeof var void while with yield".split()
)

# `let name: type = value; // help`; a string may contain what looks like a comment.
VALUE = r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|[^"'`/]|/(?!/)"""
DECLARATION = re.compile(
    rf"\s*(?:let|const|var)\s+(?P<name>[\w$]+)\s*(?::(?P<type>[^=]+))?=(?P<value>(?:{VALUE})+?);?\s*(?://(?P<help>.*))?"
)


def check(value):
    """Rejects integers that TypeScript's numbers cannot represent, at any depth."""
    if isinstance(value, dict):
        for each in value.values():
            check(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            check(each)
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise PapermillException(f"{value}: expected an integer of at most {LARGEST}. Pass it as a string.")


class TypeScriptTranslator(Translator):
    """JSON is valid TypeScript, and so are NaN, Infinity and -Infinity, which json.dumps also writes."""

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
        # Under the strict rules an empty list would accept no element, and null no other value.
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
    """papermill's own engine under another name: registering an engine is how papermill loads this package."""


# Also by language, so that a kernel installed under another name uses it.
papermill_translators.register("layerbook", TypeScriptTranslator)
papermill_translators.register("typescript", TypeScriptTranslator)
