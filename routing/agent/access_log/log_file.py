"""One access log on disk: the file Envoy writes, the ones before it, and how far we have read.

A file that has grown is renamed to `<name>.<number>` and Envoy told to open a new one. A place is
the number of a file, an offset in it, and how many lines of the log came before; the file being
written has the number after the last.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Place: TypeAlias = tuple[int, int, int]
START: Place = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines, and the place behind them. `broken` counts ends of files without a newline."""

    lines: list[bytes]
    end: Place
    broken: int = 0


class LogFile:
    """Read from `place` on; what lies before it may be removed."""

    def __init__(self, path: Path, place: Place = START) -> None:
        self._path = path
        self.place = place
        self._end = place

    def read(self, size: int) -> Piece:
        """Some `size` bytes of whole lines behind the place; no lines when there are none yet."""
        if self._is_emptied():
            # What it has now is another file, with the next number.
            self.place = self._end = (self.place[0] + 1, 0, self.place[2])
        number, offset, before = self.place
        piece = Piece([], self.place)
        for file_number, file in self._files():
            if file_number < number:
                continue
            start = offset if file_number == number else 0
            finished = file != self._path and self._path.exists()
            piece = _lines(file, (file_number, start, before), size, finished)
            if piece.lines or piece.broken or not finished:
                return piece
            piece = Piece([], (file_number + 1, 0, before))
        return piece

    def commit(self, place: Place) -> None:
        """Everything before `place` is done with. Files before it go."""
        self.place = max(self.place, place)
        for number, file in self._files():
            if number < self.place[0] and file != self._path:
                file.unlink(missing_ok=True)

    def rotate(self) -> bool:
        """Puts the written file aside, if there is one; Envoy must be told then."""
        with suppress(FileNotFoundError):
            os.rename(self._path, f"{self._path}.{self._next():08}")
            return True
        return False

    def size(self) -> int:
        """Bytes in the file being written."""
        return _size(self._path)

    def misses_its_file(self) -> bool:
        """Was the file put aside, or removed, and no new one made yet?"""
        return not self._path.exists()

    def lines_on_disk(self) -> int:
        """Lines of this log so far, those that were read and removed included. Reads only what is
        new since the last call."""
        if self._is_emptied():
            return _counted(self._path, (0, 0, self.place[2]), finished=False)[2]
        self._end = max(self._end, self.place, key=lambda place: place[:2])
        for number, file in self._files():
            if number >= self._end[0]:
                start = self._end[1] if number == self._end[0] else 0
                self._end = _counted(file, (number, start, self._end[2]), file != self._path)
        return self._end[2]

    def _is_emptied(self) -> bool:
        """Is the file being written shorter than what was read of it?"""
        number, offset, _ = self.place
        return number == self._next() and _size(self._path) < offset and self._path.exists()

    def pending(self) -> int:
        """Bytes that have not been shipped."""
        number, offset, _ = self.place
        sizes = {n: _size(file) for n, file in self._files() if n >= number}
        return max(0, sum(sizes.values()) - (offset if number in sizes else 0))

    def behind_oldest(self) -> Place | None:
        """The place to go on from when the oldest file that was put aside is given up, or None."""
        number, offset, before = self.place
        for file_number, file in sorted(self._set_aside()):
            if file_number >= number:
                start = offset if file_number == number else 0
                return file_number + 1, 0, before + _count(file, start)
        return None

    def drop_oldest(self) -> int | None:
        """Gives up the oldest file that was put aside: how many lines were lost, or None."""
        behind, lines = self.behind_oldest(), self.place[2]
        if behind is None:
            return None
        self.commit(behind)
        return behind[2] - lines

    def _files(self) -> list[tuple[int, Path]]:
        """Oldest first, the one being written last."""
        files = sorted(self._set_aside())
        return [*files, (self._next(), self._path)] if self._path.exists() else files

    def _next(self) -> int:
        return max([self.place[0] - 1, *(number for number, _ in self._set_aside())]) + 1

    def _set_aside(self) -> Iterator[tuple[int, Path]]:
        for file in self._path.parent.glob(f"{self._path.name}.*"):
            number = file.suffix[1:]
            if number.isascii() and number.isdigit():
                yield int(number), file


def _lines(file: Path, place: Place, size: int, finished: bool) -> Piece:
    number, start, before = place
    try:
        with open(file, "rb") as stream:
            stream.seek(start)
            data = stream.read(size)
    except FileNotFoundError:
        return Piece([], place)
    whole, newline, rest = data.rpartition(b"\n")
    if newline:
        lines = whole.split(b"\n")
        return Piece(lines, (number, start + len(whole) + 1, before + len(lines)))
    # A line longer than what we read at a time cannot be one of Envoy's; nor can half a line.
    if rest and (finished or len(rest) == size):
        return Piece([], (number, start + len(rest), before + 1), broken=1)
    return Piece([], place)


def _count(file: Path, start: int) -> int:
    with open(file, "rb") as stream:
        stream.seek(start)
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))


def _counted(file: Path, place: Place, finished: bool) -> Place:
    """The place behind the last whole line; behind half a line where the file is finished, as
    `read` passes over it."""
    number, start, before = place
    with suppress(FileNotFoundError), open(file, "rb") as stream:
        stream.seek(start)
        lines, rest, end = 0, b"", start
        while chunk := stream.read(1 << 20):
            newlines = chunk.count(b"\n")
            if newlines:
                lines, end = lines + newlines, stream.tell() - len(chunk) + chunk.rindex(b"\n") + 1
            rest = chunk.rpartition(b"\n")[2]
        if finished:
            return number + 1, 0, before + lines + bool(rest)
        return number, end, before + lines
    return place


def _size(file: Path) -> int:
    with suppress(FileNotFoundError):
        return file.stat().st_size
    return 0
