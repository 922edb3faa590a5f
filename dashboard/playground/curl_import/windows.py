"""A command as Windows' command prompt reads it, the way browsers copy one there.

cmd.exe takes its carets away; then the program splits the rest into its arguments itself, by the
rules of Microsoft's C runtime.
"""

from __future__ import annotations

import re

from dashboard.playground.curl_import.options import NotCurl

_CARET_PIECE = re.compile(r'\^\n(.)?|\^(.)|(")|(\n)|[^\^"\n]+|\^', re.DOTALL)
_QUOTE = re.compile(r'(\\*)"')
_UNQUOTED = re.compile(r'[^ \t"\\]+|\\+(?!")')
_QUOTED = re.compile(r'[^"\\]+|\\+(?!")')


def windows_words(text: str) -> list[str]:
    """The words. Raises `NotCurl` for a quote that does not close."""
    return _Arguments(_without_carets(text.replace("\r\n", "\n"))).read()


class _Arguments:
    """Spaces part them, except between quotes; a backslash escapes a quote only."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.at = 0
        self.quoted = False
        self.word: list[str] | None = None
        self.words: list[str] = []

    def read(self) -> list[str]:
        while self.at < len(self.line):
            if self.line[self.at] in " \t" and not self.quoted:
                self._end_word()
                self.at += 1
            else:
                self.word = [] if self.word is None else self.word
                self._piece(self.word)
        if self.quoted:
            raise NotCurl("A double quote does not close.")
        self._end_word()
        return self.words

    def _piece(self, word: list[str]) -> None:
        if quote := _QUOTE.match(self.line, self.at):
            self.at = quote.end()
            self._quote(word, len(quote[1]))
            return
        run = (_QUOTED if self.quoted else _UNQUOTED).match(self.line, self.at)
        word.append(run[0] if run else self.line[self.at])
        self.at += len(word[-1])

    def _quote(self, word: list[str], backslashes: int) -> None:
        """Two backslashes before a quote are one; an odd one escapes it, as a second quote does."""
        word.append("\\" * (backslashes // 2))
        if backslashes % 2:
            word.append('"')
        elif self.quoted and self.line.startswith('"', self.at):
            word.append('"')
            self.at += 1
        else:
            self.quoted = not self.quoted

    def _end_word(self) -> None:
        if self.word is not None:
            self.words.append("".join(self.word))
        self.word = None


def _without_carets(text: str) -> str:
    """A caret takes the meaning of the next character, also of a line end; not between quotes."""
    pieces = []
    quoted = False
    for piece in _CARET_PIECE.finditer(text):
        if piece[3]:
            quoted = not quoted
        if quoted and piece[0].startswith("^"):
            pieces.append(piece[0])
            quoted ^= piece[0].endswith('"')
        elif piece[0].startswith("^"):
            pieces.append(piece[1] or piece[2] or "")
        else:
            pieces.append(" " if piece[4] and not quoted else piece[0])
    return "".join(pieces)
