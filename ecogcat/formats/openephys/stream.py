"""One stream of one experiment of the Open Ephys format: which channels belong together, and where they all run on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ecogcat.errors import FormatError
from ecogcat.formats.openephys.files import KINDS, Choice, list_channels
from ecogcat.formats.openephys.records import BLOCK, HEADER_BYTES, ContinuousFile, Stretch, examine
from ecogcat.formats.openephys.sidecars import Settings, missing_files, read_settings

__all__ = ["Stream", "examine_stream"]


class Stream(NamedTuple):
    """The channels of one stream of one experiment, and where all of them run on."""

    choice: Choice
    files: dict[str, list[ContinuousFile]]
    stretches: tuple[Stretch, ...]
    n_records: int
    sampling_rate: float
    settings: Settings
    warnings: tuple[str, ...]

    @property
    def recordings(self) -> list[int]:
        """Numbers of the recordings, in order."""
        return list(dict.fromkeys(stretch.recording for stretch in self.stretches))

    @property
    def leading(self) -> ContinuousFile:
        """The file whose records are those of all."""
        return (self.files["CH"] or self.files["ADC"] or self.files["AUX"])[0]


def examine_stream(choice: Choice) -> Stream:
    """Read the headers of all channels of a stream, and find where their timestamps jump.

    Raises
    ------
    FormatError
        If a file is no such file, an electrode channel has no whole record, or rates differ.
    """
    listed = list_channels(choice.folder)
    files = {kind: [examine(path) for path in listed[choice.stream, choice.experiment][kind]] for kind in KINDS}
    warnings: list[str] = []
    if files["CH"] and not any(files[kind] for kind in KINDS[1:]):
        files |= _of_another_stream(choice, listed, files["CH"][0])
    for kind in KINDS if files["CH"] else ():
        _check_whole(files, kind, warnings)
    leading = "CH" if files["CH"] else next(kind for kind in KINDS if files[kind])
    files[leading], stretches = _agreed(files[leading], warnings)
    for kind in KINDS:
        if kind != leading:
            files[kind] = [one for one in files[kind] if _runs_with(one, stretches, warnings)]
    settings = read_settings(choice.folder, choice.experiment, warnings)
    rate = _rate([one for kind in KINDS for one in files[kind]], settings, warnings)
    _count_cuts(files[leading], stretches, warnings)
    warnings += missing_files(choice.folder, choice.stream, choice.experiment, warnings)
    return Stream(choice, files, stretches, stretches[-1].stop, rate, settings, tuple(warnings))


def _of_another_stream(
    choice: Choice, listed: dict[tuple[str, int], dict[str, list[str]]], channel: ContinuousFile
) -> dict[str, list[ContinuousFile]]:
    """Return the ADC and AUX channels of a stream that has no others, recorded in the same records."""
    for (_, experiment), kinds in listed.items():
        if experiment == choice.experiment and not kinds["CH"]:
            found = {kind: [examine(path) for path in kinds[kind]] for kind in KINDS[1:]}
            if all(one.stretches[:1] == channel.stretches[:1] for some in found.values() for one in some):
                return found
    return {}


def _check_whole(files: dict[str, list[ContinuousFile]], kind: str, warnings: list[str]) -> None:
    """Every electrode channel has a whole record; of the others those without are left out."""
    for one in files[kind]:
        if one.n_records == 0 and kind == "CH":
            raise FormatError(
                "the channel has no whole record",
                path=one.path,
                offset=HEADER_BYTES,
                expected=f"records of {one.record_bytes:,} bytes",
                found=f"{one.left_over:,} bytes",
                hint="Recording was stopped or crashed right after it was started, or the file was cut; move it away "
                "to open the other channels, if these are whole",
            )
        if one.n_records == 0:
            warnings.append(f"{one.name} has no whole record and is left out")
    files[kind] = [one for one in files[kind] if one.n_records]


def _cut(stretches: Sequence[Stretch], stop: int) -> tuple[Stretch, ...]:
    """Return the stretches before a record."""
    return tuple(one._replace(stop=min(one.stop, stop)) for one in stretches if one.first < stop)


def _agreed(files: list[ContinuousFile], warnings: list[str]) -> tuple[list[ContinuousFile], tuple[Stretch, ...]]:
    """Return the channels whose records run together, as most do, and these records; the others are said.

    After a crash some are longer: what all of them have is kept.
    """
    regular = [one for one in files if one.stretches]
    if not regular:
        worst = files[0]
        raise FormatError(
            "the recording cannot be put in order in time",
            path=worst.path,
            expected=f"a timestamp every {BLOCK:,} samples",
            found=worst.problem or f"no whole record, {worst.left_over:,} bytes",
        )
    shortest = min(one.n_records for one in regular)
    (common, _), *_ = Counter(_cut(one.stretches, shortest) for one in regular).most_common(1)
    kept = [one for one in regular if _cut(one.stretches, shortest) == common]
    for one in files:
        if one not in kept:
            jumps = f"its timestamps jump {len(one.stretches) - 1:,} times" if len(one.stretches) > 1 else ""
            start = one.stretches[0].timestamp if one.stretches else 0
            why = one.problem or jumps or f"it starts at sample number {start:,}, they at {common[0].timestamp:,}"
            warnings.append(f"{one.name} does not run with the other {len(kept)} channels and is left out: {why}")
    stop = min(one.n_records for one in kept)
    return kept, _cut(kept[0].stretches, stop)


def _runs_with(file: ContinuousFile, stretches: tuple[Stretch, ...], warnings: list[str]) -> bool:
    stop = min(file.n_records, stretches[-1].stop)
    same = bool(file.stretches) and _cut(file.stretches, stop) == _cut(stretches, stop)
    if not same:
        why = f": {file.problem}" if file.problem else ""
        warnings.append(f"{file.name} does not run with the electrode channels and is left out{why}")
    return same


def _count_cuts(files: list[ContinuousFile], stretches: tuple[Stretch, ...], warnings: list[str]) -> None:
    """Say what is left out at the end of files, and which one is the shortest."""
    stop = stretches[-1].stop
    warnings += [
        f"{one.name} was cut in the middle of a record: {one.left_over:,} bytes were left over after {one.n_records:,} "
        "whole ones"
        for one in files
        if one.left_over
    ]
    longer = [one for one in files if one.n_records > stop]
    if longer:
        most = max(one.n_records for one in longer)
        short = [one.name for one in files if one.n_records == stop]
        named = ", ".join(short[:5]) + (", ..." if len(short) > 5 else "")
        warnings.append(
            f"channels are of unequal length: all are cut to the {stop * BLOCK:,} samples of {named}, and up to "
            f"{(most - stop) * BLOCK:,} samples of {len(longer)} others are left out"
        )


def _rate(files: list[ContinuousFile], settings: Settings, warnings: list[str]) -> float:
    """Return the sampling rate of the headers; that of the settings, where they write it in full or it is alone."""
    first = files[0]
    rate = first.number("sampleRate")
    for one in files[1:]:
        if one.number("sampleRate") != rate:
            raise FormatError(
                f"the sampling rate is not that of {first.name}",
                path=one.path,
                expected=first.header.get("sampleRate", "none"),
                found=one.header.get("sampleRate", "none"),
                hint="Move it to a folder of its own",
            )
    if rate is None and settings.board_rate is None:
        raise FormatError(
            "neither the header nor settings.xml has a sampling rate",
            path=first.path,
            expected="header.sampleRate",
            found=", ".join(first.header),
        )
    if rate is None or (settings.board_rate is not None and rate == int(settings.board_rate)):
        return float(settings.board_rate or 0.0)  # 3333 Hz in the header are 10000 / 3
    if settings.board_rate is not None and rate != settings.board_rate:
        warnings.append(f"settings.xml says {settings.board_rate:g} Hz, the channels {rate:g} Hz, which is taken")
    return rate
