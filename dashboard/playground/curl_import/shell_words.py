"""A pasted command as its words: as bash reads it, or as Windows' command prompt does.

Every character is looked at once, so that the time grows with the length. Quoted escapes are bytes;
words come out as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dashboard.playground.curl_import.options import NotCurl
from dashboard.playground.curl_import.windows import windows_words

_MOST_NOTES = 10
_PROMPT = re.compile(r"[$%>#] +(?=curl)")
#: The first quote or line end of a command tells whose syntax it is.
_FIRST_QUOTE = re.compile(r"""\s(\^"|\$?'|")""")
_CARET_AT_END = re.compile(r"\s\^\r?\n")

_SPACE = re.compile(r"[ \t\r\n]+")
_PLAIN = re.compile(r"""[^ \t\r\n\\'"$`|&;<>#]+""")
_IN_QUOTES = re.compile(r'[^"\\$`]+')
_ANSI = re.compile(r"[^'\\]*(?:\\.[^'\\]*)*'", re.DOTALL)
_CONTINUED = re.compile(r"[\\`][ \t]*\r?\n")
_VARIABLE = re.compile(r"\$(?:\{\w+\}|\w+|\()")
_REDIRECTED = re.compile(r"[<>]+&?")
_ENDS_COMMAND = re.compile(r"\|\|?|;|&&?")

_ESCAPE = re.compile(
    rb"\\(?:(?P<pair>u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|u(?P<short>[0-9a-fA-F]{1,4})|U(?P<long>[0-9a-fA-F]{1,8})|x(?P<hex>[0-9a-fA-F]{1,2})"
    rb"|(?P<octal>[0-7]{1,3})|c(?P<control>.)|(?P<other>.))",
    re.DOTALL,
)
_LETTERS = dict(
    zip(
        b"abeEfnrtv",
        (b"\a", b"\b", b"\x1b", b"\x1b", b"\f", b"\n", b"\r", b"\t", b"\v"),
        strict=True,
    )
)


@dataclass(slots=True)
class Words:
    """`notes` tell what a shell would have done and the playground does not."""

    words: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Each once, and not without end."""
        if text not in self.notes and len(self.notes) < _MOST_NOTES:
            self.notes.append(text)


def words_of(text: str) -> Words:
    """The words of the first command in `text`. Raises `NotCurl` for quotes that do not close."""
    text = text.lstrip()
    if prompt := _PROMPT.match(text):
        text = text[prompt.end() :]
    first = _FIRST_QUOTE.search(text)
    if (first and first[1] == '^"') or (
        (first is None or first[1] == '"') and _CARET_AT_END.search(text)
    ):
        return Words(windows_words(text))
    return _Reader(text).read()


class _Reader:
    """bash's rules, as far as a person pastes them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.word: bytearray | None = None
        self.result = Words()
        self.skip_next = False

    def read(self) -> Words:
        while self.at < len(self.text) and self._step():
            pass
        self._end_word()
        return self.result

    def _step(self) -> bool:
        """One piece; False where the command ends."""
        text, at = self.text, self.at
        if space := _SPACE.match(text, at):
            self._end_word()
            self.at = space.end()
            return not ("\n" in space[0] and self._starts_another())
        if plain := _PLAIN.match(text, at):
            self._add(plain[0])
            self.at = plain.end()
            return True
        if continued := _CONTINUED.match(text, at):
            self.at = continued.end()
            return True
        return self._special(text[at])

    def _special(self, char: str) -> bool:
        text, at = self.text, self.at
        if char == "\\":
            self._add(text[at + 1 : at + 2] or char)
            self.at += 2
        elif char == "'":
            end = self._find("'", at + 1)
            self._add(text[at + 1 : end])
            self.at = end + 1
        elif char == '"':
            self.at += 1
            self._double_quoted()
        elif text.startswith("$'", at):
            self._ansi()
        elif char in "|;&" and self._is_operator():
            return self._leave_out_rest()
        elif char in "<>" and self._is_redirection():
            self.word = None
            self.at = _after_arrows(text, at)
            self.skip_next = True
        elif char == "#" and self.word is None:
            self.at = self._line_end()
        elif text.startswith('$"', at):
            self.at += 1
        else:
            self._literal(char)
        return True

    def _literal(self, char: str) -> None:
        noted = len(self.result.notes) >= _MOST_NOTES
        variable = None if noted else _VARIABLE.match(self.text, self.at)
        if variable or (char == "`" and not noted):
            text = variable[0] if variable else char
            self.result.note(f"Not filled in: {text}. A shell puts a value there.")
        self._add(char)
        self.at += 1

    def _double_quoted(self) -> None:
        """Up to the closing quote; a backslash escapes only $, `, ", itself and a line end."""
        text = self.text
        self._add("")
        while self.at < len(text):
            if run := _IN_QUOTES.match(text, self.at):
                self._add(run[0])
                self.at = run.end()
                continue
            char, following = text[self.at], text[self.at + 1 : self.at + 2]
            if char == '"':
                self.at += 1
                return
            if char == "\\" and following in ("\n", "\r"):
                self.at += 3 if text.startswith("\r\n", self.at + 1) else 2
            elif char == "\\" and following and following in '$`"\\':
                self._add(following)
                self.at += 2
            elif char == "\\":
                self._add(char)
                self.at += 1
            else:
                self._literal(char)
        raise NotCurl("A double quote does not close.")

    def _ansi(self) -> None:
        quoted = _ANSI.match(self.text, self.at + 2)
        if quoted is None:
            raise NotCurl("A single quote does not close.")
        raw = _ESCAPE.sub(_unescaped, _octets(quoted[0][:-1]))
        self._add("")
        assert self.word is not None
        self.word += raw.partition(b"\0")[0]  # as in bash, where a NUL ends the text
        self.at = quoted.end()

    def _is_operator(self) -> bool:
        """Not inside an unquoted address: a person who pastes one means the whole of it."""
        operator = _ENDS_COMMAND.match(self.text, self.at)
        end = operator.end() if operator else self.at
        return self.word is None or end == len(self.text) or self.text[end] in " \t\r\n"

    def _is_redirection(self) -> bool:
        """A number before the arrow names what is redirected. Longer ones are no file descriptors,
        and looking through them at each arrow would take quadratic time."""
        return self.word is None or (len(self.word) < 10 and self.word.isdigit())

    def _leave_out_rest(self) -> bool:
        self.result.note(f"Left out: {self.text[self.at :].strip()[:100]}")
        return False

    def _starts_another(self) -> bool:
        if re.compile(r"curl\s").match(self.text, self.at):
            self._leave_out_rest()
            return True
        return False

    def _line_end(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def _find(self, quote: str, start: int) -> int:
        end = self.text.find(quote, start)
        if end < 0:
            raise NotCurl("A single quote does not close.")
        return end

    def _add(self, text: str) -> None:
        if self.word is None:
            self.word = bytearray()
        self.word += _octets(text)

    def _end_word(self) -> None:
        if self.word is not None and not self.skip_next:
            self.result.words.append(_text(bytes(self.word), self.result))
        if self.word is not None:
            self.skip_next = False
        self.word = None


def _after_arrows(text: str, at: int) -> int:
    arrows = _REDIRECTED.match(text, at)
    return arrows.end() if arrows else at + 1


def _unescaped(escape: re.Match[bytes]) -> bytes:
    """One escape of $'…' as bytes. Browsers write characters beyond U+FFFF as two halves."""
    if pair := escape["pair"]:
        high, low = int(pair[1:5], 16), int(pair[7:11], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).encode()
    if digits := escape["short"] or escape["long"]:
        code = int(digits, 16)
        return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b"?"
    if escape["hex"] or escape["octal"]:
        return bytes(
            [(int(escape["hex"], 16) if escape["hex"] else int(escape["octal"], 8)) & 0xFF]
        )
    if control := escape["control"]:
        return bytes([control[0] & 0x1F])
    other = escape["other"]
    return _LETTERS.get(other[0], other if other in b"\\'\"?" else b"\\" + other)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(word: bytes, result: Words) -> str:
    """The word as text; what is no UTF-8 cannot be typed into a form."""
    try:
        return word.decode("utf-8")
    except UnicodeDecodeError:
        result.note("Bytes that are not UTF-8 became �. Attach such a body as a file.")
        return word.decode("utf-8", "replace")
