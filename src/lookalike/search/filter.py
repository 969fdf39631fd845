"""The filter language of ``--where``: from what people write to SQL for the store.

.. code-block:: text

    filter     = condition { ("and" | "or") condition }         "and" binds tighter
    condition  = "not" condition | "(" filter ")" | "has" FIELD
               | FIELD OPERATOR value | FIELD ["not"] "in" "(" value { "," value } ")"
    OPERATOR   = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"     "~": contains; with *: is like
    value      = a word, or "words" or 'words' with \\", \\', \\\\ and \\* for the marks themselves

A comparison with a date, place, camera or text that a picture does not have is false, and its
``not`` is true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from lookalike.errors import FilterError
from lookalike.search.filter_compare import Comparison
from lookalike.search.filter_compare import Field as Field
from lookalike.search.filter_fields import FIELDS as FIELDS
from lookalike.search.filter_fields import Names, field_named, no_names
from lookalike.search.filter_tokens import Token, tokenize

MAX_NESTING = 50
"""Parentheses and ``not`` within one another."""
_MAX_SQL_NESTING = 10
"""The storage engine's parser gives up at 15 pairs of parentheses within one another."""
_RESERVED = ("and", "or", "not", "in", "has")


@dataclass(frozen=True)
class Condition:
    """SQL that is true or false for each picture, as it stands or turned round."""

    sql: str
    negated: bool = False


@dataclass(frozen=True)
class Group:
    """Conditions of which all (``AND``) or at least one (``OR``) must be fulfilled."""

    word: Literal["AND", "OR"]
    terms: tuple[Node, ...]


Node = Condition | Group


def compile_filter(text: str, *, today: date | None = None, named: Names = no_names) -> str:
    """One SQL condition (of DataFusion, over the pictures table) for a filter.

    Values and further names reach it only as quoted literals, columns only from :data:`FIELDS`.

    Args:
        text: the filter, as a person wrote it.
        today: what ``today`` means; by default the local date.
        named: gives the names of further texts that the library's pictures have; they are
            fields, too.

    Raises:
        FilterError: it cannot be understood; ``position`` says where.
    """
    return _sql(_Parser(tokenize(text), today or date.today(), named).filter())


class _Parser:
    """Recursive descent over the tokens of one filter."""

    def __init__(self, tokens: list[Token], today: date, named: Names) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._today = today
        self._named = named

    def filter(self) -> Node:
        if self._next.kind == "end":
            raise FilterError("The filter is empty.", "For example: tag = snow and width >= 1000")
        node = self._either()
        rest = self._next
        if rest.is_mark(")"):
            raise FilterError("This parenthesis closes none.", "Remove it.", position=rest.position)
        if rest.kind != "end":
            raise FilterError(
                f"The filter could end before {rest.text!r}.",
                'Join conditions with and / or; quote a value of several words: tag = "blue sky"',
                position=rest.position,
            )
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += token.kind != "end"
        return token

    def _skip(self, *words: str) -> bool:
        found = self._next.is_word(*words)
        self._at += found
        return found

    def _either(self) -> Node:
        terms = [self._both()]
        while self._skip("or"):
            terms.append(self._both())
        return _group("OR", terms)

    def _both(self) -> Node:
        terms = [self._condition()]
        while self._skip("and"):
            terms.append(self._condition())
        return _group("AND", terms)

    def _condition(self) -> Node:
        token = self._take()
        if token.is_word("not"):
            return _negated(self._deeper(token, self._condition))
        if token.is_mark("("):
            node = self._deeper(token, self._either)
            if not self._take().is_mark(")"):
                raise self._open_parenthesis(token)
            return node
        if token.is_word("has"):
            return Condition(self._field(self._take()).present)
        return self._comparison(self._field(token))

    def _comparison(self, field: Field) -> Node:
        turned = self._skip("not")
        if turned or self._next.is_word("in"):
            node = self._list(field, self._take())
            return _negated(node) if turned else node
        operator = self._take()
        if operator.kind != "operator":
            raise FilterError(
                f"An operator is missing after {field.name}.",
                f"For example: {field.example}",
                position=operator.position,
            )
        return self._test(field, operator.text)

    def _list(self, field: Field, word: Token) -> Node:
        opening = self._take()
        if not word.is_word("in") or not opening.is_mark("("):
            raise FilterError(
                f"A list is missing after {field.name}.",
                f"For example: {field.name} in (one, another)",
                position=(opening if word.is_word("in") else word).position,
            )
        terms = [self._test(field, "=")]
        while (mark := self._take()).is_mark(","):
            terms.append(self._test(field, "="))
        if mark.is_mark(")"):
            return _group("OR", list(dict.fromkeys(terms)))
        if mark.kind == "end":
            raise self._open_parenthesis(opening)
        raise FilterError(
            f"A comma is missing before {mark.text!r}.",
            f'For example: {field.name} in (one, "and another")',
            position=mark.position,
        )

    def _test(self, field: Field, operator: str) -> Node:
        value = self._take()
        if value.kind not in ("word", "quoted") or value.is_word(*_RESERVED):
            raise FilterError(
                f"A value is missing for {field.name}.",
                f"For example: {field.example}"
                + (f' (the word itself is written "{value.text}")' if value.kind == "word" else ""),
                position=value.position,
            )
        if field.units and self._next.is_word(*field.units):
            value = Token("word", (value.text + self._take().text,), value.position)
        return Condition(Comparison(field, operator, value, self._today).sql())

    def _field(self, token: Token) -> Field:
        if token.kind == "end" or token.kind == "mark" or token.is_word(*_RESERVED):
            raise FilterError(
                f"A condition is missing before {token.text!r}."
                if token.kind != "end"
                else "The filter ends where a condition should follow.",
                "For example: tag = snow and width >= 1000",
                position=token.position,
            )
        return field_named(token, self._named)

    def _deeper(self, token: Token, rule: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise _too_deep(token.position)
        node = rule()
        self._depth -= 1
        return node

    @staticmethod
    def _open_parenthesis(token: Token) -> FilterError:
        return FilterError(
            "The parenthesis that begins here is never closed.",
            'Add ")", or join the conditions within by and / or.',
            position=token.position,
        )


def _too_deep(position: int) -> FilterError:
    return FilterError(
        "The filter is nested too deeply.", "Use fewer parentheses.", position=position
    )


def _group(word: Literal["AND", "OR"], terms: list[Node]) -> Node:
    flat: list[Node] = []
    for term in terms:
        flat += term.terms if isinstance(term, Group) and term.word == word else (term,)
    return flat[0] if len(flat) == 1 else Group(word, tuple(flat))


def _negated(node: Node) -> Node:
    """The opposite, with every NOT at a leaf (De Morgan): the engine is slow on NOT (...)."""
    if isinstance(node, Condition):
        return replace(node, negated=not node.negated)
    terms = [_negated(term) for term in node.terms]
    return _group("AND" if node.word == "OR" else "OR", terms)


def _sql(node: Node, nesting: int = 0) -> str:
    if isinstance(node, Condition):
        return f"NOT {node.sql}" if node.negated else node.sql
    if nesting > _MAX_SQL_NESTING:
        raise _too_deep(0)
    if node.word == "OR":
        return " OR ".join(_sql(term, nesting) for term in node.terms)
    return " AND ".join(
        f"({_sql(term, nesting + 1)})" if isinstance(term, Group) else _sql(term, nesting)
        for term in node.terms
    )
