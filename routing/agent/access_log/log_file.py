"""One access log on disk: the file Envoy writes, and rotated files before it.

A file that has grown is renamed to `<name>.<number>`, and Envoy is asked to open a new one. A
position is (file number, offset, lines of the log before it); the file being written has the number
after the last rotated one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from routing.agent.base.log_position import START, Position


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines and the position after them. `broken` counts files that end without a newline."""

    lines: list[bytes]
    end: Position
    broken: int = 0


class LogFile:
    """Reads from `position` on; what comes before may be deleted."""

    def __init__(self, path: Path, position: Position = START) -> None:
        self._path = path
        self.position = position
        self._end = position

    def read(self, size: int) -> Piece:
        """Whole lines, about `size` bytes; empty if there are none yet."""
        if self._is_emptied():
            # It was truncated: what follows counts as the next file.
            self.position = self._end = (self.position[0] + 1, 0, self.position[2])
        number, offset, before = self.position
        piece = Piece([], self.position)
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

    def commit(self, position: Position) -> None:
        """Moves to `position` and deletes the files before it."""
        self.position = max(self.position, position)
        for number, file in self._files():
            if number < self.position[0] and file != self._path:
                file.unlink(missing_ok=True)

    def rotate(self) -> bool:
        """Renames the file being written. If True, ask Envoy to reopen it."""
        with suppress(FileNotFoundError):
            os.rename(self._path, f"{self._path}.{self._next():08}")
            return True
        return False

    def size(self) -> int:
        return _size(self._path)

    def misses_its_file(self) -> bool:
        """Was the file rotated or deleted, and no new one created yet?"""
        return not self._path.exists()

    def lines_on_disk(self) -> int:
        """All lines of this log so far, including deleted ones. Reads only what is new since the
        last call."""
        if self._is_emptied():
            return _counted(self._path, (0, 0, self.position[2]), finished=False)[2]
        self._end = max(self._end, self.position, key=lambda position: position[:2])
        for number, file in self._files():
            if number >= self._end[0]:
                start = self._end[1] if number == self._end[0] else 0
                self._end = _counted(file, (number, start, self._end[2]), file != self._path)
        return self._end[2]

    def _is_emptied(self) -> bool:
        """Was the file truncated?"""
        number, offset, _ = self.position
        return number == self._next() and _size(self._path) < offset and self._path.exists()

    def pending(self) -> int:
        """Bytes that have not been shipped."""
        number, offset, _ = self.position
        sizes = {n: _size(file) for n, file in self._files() if n >= number}
        return max(0, sum(sizes.values()) - (offset if number in sizes else 0))

    def behind_oldest(self) -> Position | None:
        """The position after the oldest rotated file; None if there is none."""
        number, offset, before = self.position
        for file_number, file in sorted(self._set_aside()):
            if file_number >= number:
                start = offset if file_number == number else 0
                return file_number + 1, 0, before + _count(file, start)
        return None

    def drop_oldest(self) -> int | None:
        """Deletes the oldest rotated file; returns how many lines were lost, None if there is
        none."""
        behind, lines = self.behind_oldest(), self.position[2]
        if behind is None:
            return None
        self.commit(behind)
        return behind[2] - lines

    def _files(self) -> list[tuple[int, Path]]:
        """Oldest first."""
        files = sorted(self._set_aside())
        return [*files, (self._next(), self._path)] if self._path.exists() else files

    def _next(self) -> int:
        return max([self.position[0] - 1, *(number for number, _ in self._set_aside())]) + 1

    def _set_aside(self) -> Iterator[tuple[int, Path]]:
        for file in self._path.parent.glob(f"{self._path.name}.*"):
            number = file.suffix[1:]
            if number.isascii() and number.isdigit():
                yield int(number), file


def _lines(file: Path, position: Position, size: int, finished: bool) -> Piece:
    number, start, before = position
    try:
        with open(file, "rb") as stream:
            stream.seek(start)
            data = stream.read(size)
    except FileNotFoundError:
        return Piece([], position)
    whole, newline, rest = data.rpartition(b"\n")
    if newline:
        lines = whole.split(b"\n")
        return Piece(lines, (number, start + len(whole) + 1, before + len(lines)))
    # Neither a partial line nor one longer than `size` is Envoy's.
    if rest and (finished or len(rest) == size):
        return Piece([], (number, start + len(rest), before + 1), broken=1)
    return Piece([], position)


def _count(file: Path, start: int) -> int:
    with open(file, "rb") as stream:
        stream.seek(start)
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))


def _counted(file: Path, position: Position, finished: bool) -> Position:
    """The position after the last whole line. In a finished file a partial last line counts,
    because `read` skips it."""
    number, start, before = position
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
    return position


def _size(file: Path) -> int:
    with suppress(FileNotFoundError):
        return file.stat().st_size
    return 0
