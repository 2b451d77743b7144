"""Text to tree. What is not understood is refused, never skipped: a test must notice a query that changed its meaning."""

import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from tests.simulators.kql.syntax import (
    Call,
    Columns,
    Comparison,
    Expression,
    Join,
    Literal,
    Logic,
    Operator,
    Order,
    Path,
    Query,
    QueryInvalidError,
    Summarize,
    Take,
    Where,
)

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<verbatim>@'(?:[^']|'')*'|@"(?:[^"]|"")*")
    |(?P<string>'(?:[^'\\\n\r]|\\.)*'|"(?:[^"\\\n\r]|\\.)*")
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<word>!?[A-Za-z_][A-Za-z0-9_]*~?)
    |(?P<sign>=~|!~|==|!=|<=|>=|[|(),.=<>\[\]])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_Part = TypeVar("_Part")
_COMPARISONS = {
    "==", "!=", "=~", "!~", "<", "<=", ">", ">=", "contains", "!contains", "startswith", "!startswith", "endswith", "has",
}  # fmt: skip
_MEMBERSHIPS = {"in", "in~", "!in", "!in~"}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class _Token(NamedTuple):
    kind: str
    text: str


def parse(text: str) -> Query:
    """Return the tree of one query; raises :class:`QueryInvalidError`."""
    parser = _Parser(_tokens(text))
    query = parser.query()
    parser.end()
    return query


def _tokens(text: str) -> list[_Token]:
    found, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise QueryInvalidError(f"unexpected character {text[position]!r} at {position}")
        position = match.end()
        if match.lastgroup != "space":
            found.append(_Token(str(match.lastgroup), match.group()))
    return found


class _Parser:
    """Reads tokens from left to right, one method a rule."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Query:
        table = self._word().lower()
        operators = []
        while self._take("|"):
            operators.append(self._operator())
        return Query(table, tuple(operators))

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise QueryInvalidError(f"unexpected {self._tokens[self._at].text!r}")

    def _operator(self) -> Operator:
        name = self._word().lower()
        rules: dict[str, Callable[[], Operator]] = {
            "where": lambda: Where(self._expression()),
            "extend": lambda: Columns("extend", self._columns()),
            "project": lambda: Columns("project", self._columns()),
            "order": self._order,
            "sort": self._order,
            "take": lambda: Take(int(self._next("number").text)),
            "limit": lambda: Take(int(self._next("number").text)),
            "join": self._join,
            "summarize": self._summarize,
        }
        if name not in rules:
            raise QueryInvalidError(f"unknown operator {name!r}")
        return rules[name]()

    def _columns(self) -> tuple[tuple[str, Expression], ...]:
        return tuple(self._separated(self._column))

    def _column(self) -> tuple[str, Expression]:
        if self._peek(1) == "=":
            name = self._word()
            self._expect("=")
            return name, self._expression()
        value = self._expression()
        if not isinstance(value, Path):
            raise QueryInvalidError("a computed column needs a name")
        return "_".join(value.names), value

    def _order(self) -> Order:
        self._expect("by")
        return Order(tuple(self._separated(self._key)))

    def _key(self) -> tuple[Expression, bool]:
        value = self._expression()
        # As in Kusto, where nothing is said the order descends.
        return value, not self._take("asc") and (self._take("desc") or True)

    def _join(self) -> Join:
        self._expect("kind")
        self._expect("=")
        kind = self._word().lower()
        if kind not in {"leftouter", "inner"}:
            raise QueryInvalidError(f"unknown kind of join {kind!r}")
        self._expect("(")
        right = self.query()
        self._expect(")")
        self._expect("on")
        return Join(kind, right, tuple(self._separated(self._word)))

    def _summarize(self) -> Summarize:
        aggregates = []
        for name, value in self._separated(self._aggregate):
            if not isinstance(value, Call):
                raise QueryInvalidError("summarize needs aggregates")
            aggregates.append((name, value))
        by = self._columns() if self._take("by") else ()
        return Summarize(tuple(aggregates), by)

    def _aggregate(self) -> tuple[str, Expression]:
        if self._peek(1) == "=":
            return self._column()
        value = self._expression()
        return (f"{value.name}_" if isinstance(value, Call) else ""), value

    def _expression(self) -> Expression:
        return self._logic("or", lambda: self._logic("and", self._comparison))

    def _logic(self, operator: str, part: Callable[[], Expression]) -> Expression:
        parts = [part()]
        while self._take(operator):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Logic(operator, tuple(parts))

    def _comparison(self) -> Expression:
        left = self._value()
        operator = self._peek()
        if operator in _COMPARISONS:
            self._at += 1
            return Comparison(operator, left, self._value())
        if operator in _MEMBERSHIPS:
            self._at += 1
            self._expect("(")
            values = tuple(self._separated(self._value))
            self._expect(")")
            return Comparison(operator, left, values)
        return left

    def _value(self) -> Expression:
        token = self._next()
        if token.kind in _LITERALS:
            return Literal(_LITERALS[token.kind](token.text))
        if token.text == "(":
            inner = self._expression()
            self._expect(")")
            return inner
        if token.kind != "word" or token.text.startswith("!"):
            raise QueryInvalidError(f"unexpected {token.text!r}")
        if token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text])
        if self._take("("):
            arguments = () if self._peek() == ")" else tuple(self._separated(self._expression))
            self._expect(")")
            return Call(token.text.lower(), arguments)
        return self._path(token.text)

    def _path(self, first: str) -> Path:
        names = [first]
        while True:
            if self._take("."):
                names.append(self._word())
            elif self._take("["):
                key = self._value()
                self._expect("]")
                if not isinstance(key, Literal):
                    raise QueryInvalidError("only a constant may stand in brackets")
                names.append(str(key.value))
            else:
                return Path(tuple(names))

    def _separated(self, part: Callable[[], _Part]) -> list[_Part]:
        parts = [part()]
        while self._take(","):
            parts.append(part())
        return parts

    def _word(self) -> str:
        return self._next("word").text

    def _next(self, kind: str = "") -> _Token:
        if self._at == len(self._tokens):
            raise QueryInvalidError("the query ends too early")
        token = self._tokens[self._at]
        if kind and token.kind != kind:
            raise QueryInvalidError(f"unexpected {token.text!r}")
        self._at += 1
        return token

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        if at >= len(self._tokens) or self._tokens[at].kind in {"string", "verbatim"}:
            return ""
        return self._tokens[at].text

    def _take(self, text: str) -> bool:
        if self._peek() != text:
            return False
        self._at += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise QueryInvalidError(f"{text!r} expected, found {self._peek() or 'something else'!r}")


def _verbatim(text: str) -> str:
    quote = text[1]
    return text[2:-1].replace(quote * 2, quote)


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) > 1:
        return chr(int(code[1:], 16))
    return _PLAIN.get(code, code)


_LITERALS: dict[str, Callable[[str], str | float]] = {
    "number": float,
    "string": lambda text: _ESCAPE.sub(_unescaped, text[1:-1]),
    "verbatim": _verbatim,
}
