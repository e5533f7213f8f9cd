"""Methods: a paragraph on a dataset for the methods section of a paper, and the list of its files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ecogcat.checks import check_dataset
from ecogcat.checksums import checksums
from ecogcat.dataset import Dataset
from ecogcat.parts import CUT_OFF
from ecogcat.scratch import COPIED
from ecogcat.select import NOT_LISTED
from ecogcat.store import LOADED

__all__ = ["methods_text"]

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_UNKNOWN = "(none is known)"


def methods_text(dataset: Dataset) -> str:
    """Describe in plain English where a dataset comes from and what was done to it.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    str
        A paragraph: recordings, formats, rate, length, channels, those left out and why, joins and gaps, units, events,
        and every step of the history in order. Below it the files, with the fingerprints by which ecogcat knows them.

    Notes
    -----
    Fingerprints are digests of a file's length, its first and last block and a few between: enough to tell one
    recording from another, not to notice every edit in place. A copy that ecogcat wrote lists what it was made of
    beside itself. Samples that came from a script have no file.

    Examples
    --------
    >>> import ecogcat as ec
    >>> a, b = (ec.from_array([[0.0] * n] * 2, 1000, name=name) for n, name in ((4000, "a"), (2500, "b")))
    >>> print(ec.methods_text(ec.bandpass(ec.join(a, b), 2, 200)))
    The data are two recordings (a, b) with 2 channels sampled at 1000 Hz, 6.5 s in all (4 s and 2.5 s).
    They were joined end to end in this order; no sample was changed by joining. Values are in uV.
    The following was done, in this order, to each recording by itself: (1) bandpass 2 to 200 Hz (Butterworth, order 3,
    zero phase). Data were read with ecogcat ...
    """
    check_dataset(dataset, "methods_text")
    if not dataset.recordings:
        return "The data are a filled gap between recordings, and nothing else."
    sentences = [
        _recordings(dataset),
        *_joins(dataset),
        *_channels(dataset),
        f"Values are in {dataset.units}.",
        *_events(dataset),
        *_steps(dataset),
        *_as_stored(dataset),
        *_written_to(dataset),
        f"Data were read with ecogcat {_version()}.",
    ]
    files = _files(dataset)
    return " ".join(sentences) + ("\n\n" + files if files else "")


def _recordings(dataset: Dataset) -> str:
    parts = dataset.recordings
    count = "one recording" if len(parts) == 1 else f"{_count(len(parts))} recordings"
    formats = sorted({part.format for part in parts if part.format not in ("", "array")})
    of = f" in {_list(formats)} format" if formats else ""
    lengths = [_number(part.n_samples / part.sampling_rate) + " s" for part in parts]
    each = f" ({_list(lengths)})" if 1 < len(parts) <= 12 else ""
    total = _number(sum(part.n_samples / part.sampling_rate for part in parts))
    span = f"{total} s in all{each}" if len(parts) > 1 else f"{total} s long"
    clocks = [part.start_time for part in parts]
    when = ""
    if len(parts) == 1 and clocks[0] is not None:
        when = f", recorded from {str(clocks[0].astype('datetime64[s]')).replace('T', ' ')}"
    channels = f"{dataset.n_channels} channel{'' if dataset.n_channels == 1 else 's'}"
    names = ", ".join(part.name for part in parts)
    rates = _rates(dataset)
    return f"The data are {count}{of} ({names}) with {channels} sampled at {rates}, {span}{when}."


def _rates(dataset: Dataset) -> str:
    rates = sorted({part.sampling_rate for part in dataset.recordings})
    if len(rates) == 1:
        return f"{_number(rates[0])} Hz"
    return (
        f"{_number(dataset.sampling_rate)} Hz (by the recordings' own clocks {_list([f'{r:.10g}' for r in rates])} Hz)"
    )


def _joins(dataset: Dataset) -> list[str]:
    if len(dataset.recordings) < 2:
        return []
    text = "They were joined end to end in this order; no sample was changed by joining."
    gaps = [part for part in dataset.parts if part.kind == "gap"]
    if gaps:
        filled = _number(sum(part.n_samples for part in gaps) / dataset.sampling_rate)
        many = "gap" if len(gaps) == 1 else "gaps"
        text += f" The {'' if len(gaps) == 1 else _count(len(gaps)) + ' '}{many} in time between them ({filled} s) "
        text += f"{'was' if len(gaps) == 1 else 'were'} filled."
    return [text]


def _channels(dataset: Dataset) -> list[str]:
    dropped = dataset.dropped
    if not len(dropped):
        return []
    recordings = dataset.recordings
    reasons = dropped.groupby(dropped["reason"].map(_reason), sort=False).size()
    if len(recordings) == 1:
        total = len(dropped)
        text = f"{total} channel{' was' if total == 1 else 's were'} left out"
        listed = [f"{count} ({reason})" for reason, count in reasons.items()]
        return [f"{text} ({reasons.index[0]})." if len(listed) == 1 else f"{text}: {_list(listed)}."]
    each = [(part.name, int((dropped["part"] == part.name).sum())) for part in recordings]
    counts = sorted({count for _, count in each})
    if len(counts) == 1:
        text = f"Of each recording {counts[0]} channel{' was' if counts[0] == 1 else 's were'} left out"
    else:
        text = "Channels were left out: " + _list([f"{count} of {name}" for name, count in each if count])
    return [f"{text} (reason{'' if len(reasons) == 1 else 's'}: {_list(reasons.index)})."]


def _reason(text: Any) -> str:
    return {"": "no reason given", NOT_LISTED: "not selected"}.get(str(text), str(text))


def _events(dataset: Dataset) -> list[str]:
    n = len(dataset.events)
    sentences = [f"There {'is one event' if n == 1 else f'are {n:,} events'}."] if n else []
    marked = len(dataset.intervals)
    if marked:
        sentences.append(f"{marked:,} interval{' is' if marked == 1 else 's are'} marked.")
    return sentences


def _steps(dataset: Dataset) -> list[str]:
    """Return the history: once if all recordings have the same, else each recording's own."""
    parts = dataset.recordings
    # Where it lies is no method, nor is a load argument's name.
    known = [
        tuple(step.replace(NOT_LISTED, "not selected") for step in part.history if step != LOADED) for part in parts
    ]
    histories = dict.fromkeys(known)
    by_itself = ", to each recording by itself" if len(parts) > 1 else ""
    if len(histories) == 1:
        steps = next(iter(histories))
        if not steps:
            return ["Nothing else was done to them." if len(parts) > 1 else "Nothing was done to it."]
        return [f"The following was done, in this order{by_itself}: {_numbered(steps)}."]
    sentences = []
    for history in histories:
        names = _list([part.name for part, own in zip(parts, known, strict=True) if own == history])
        sentences.append(f"To {names} {'this was done: ' + _numbered(history) if history else 'nothing was done'}.")
    return sentences


def _as_stored(dataset: Dataset) -> list[str]:
    """Return what was done before the recordings were opened: known of them, and not in their history."""
    sentences = []
    for part in dataset.recordings:
        done, history = part.processing, " ".join(part.history)
        known = []
        if done.bandpass is not None and not re.search(r"\b(band|high|low)pass ", history):
            low, high = (f"{edge:g} Hz" if edge > 0 else "none" for edge in done.bandpass)
            known.append(f"a bandpass with edges {low} and {high}")
        if done.notches and "notch " not in history:
            known.append(f"a notch at {_list([f'{line:g}' for line in done.notches])} Hz")
        if done.transient_snipped and CUT_OFF not in history:
            known.append("its onset cut off")
        if known:
            sentences.append(f"{part.name} was stored with {_list(known)}.")
    return sentences


def _written_to(dataset: Dataset) -> list[str]:
    """Return that samples may have been changed by hand, where they, or those that they were made of, could be."""
    names = dict.fromkeys(part.name for part in dataset.recordings if COPIED in part.history)
    if not names:
        return []
    whose = "Its samples were" if len(dataset.recordings) == 1 else f"The samples of {_list(names)} were"
    return [f"{whose} in a scratch copy that can be written to; what was changed there by hand is not listed here."]


def _files(dataset: Dataset) -> str:
    lines: dict[str, None] = {}
    for part in dataset.recordings:
        # The first file of what was fetched is told by its URL: the copy's place means nothing to others.
        places = {path: str(url) for path in part.paths[:1] if (url := part.metadata.get("url"))}
        found = checksums(dataset, part)
        lines |= dict.fromkeys(f"  {digest}  {places.get(path, path)}" for path, digest in found.items())
        if not set(part.paths) & found.keys():  # of a copy that does not say of which content it was made
            lines |= dict.fromkeys(f"  {_UNKNOWN:32}  {places.get(path, path)}" for path in part.paths[:1])
    return "\n".join(["Files, with the fingerprints of their content:", *lines]) if lines else ""


def _numbered(steps: Sequence[str]) -> str:
    return "; ".join(f"({k}) {step}" for k, step in enumerate(steps, 1))


def _list(words: Iterable[Any]) -> str:
    some = list(map(str, words))
    return " and ".join([", ".join(some[:-1]), some[-1]]) if len(some) > 1 else "".join(some)


def _count(n: int) -> str:
    return _NUMBERS[n] if n < len(_NUMBERS) else f"{n:,}"


def _number(value: float) -> str:
    """Return a number to the millisecond, or the millihertz, without zeros at its end."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ecogcat")
    except PackageNotFoundError:  # run from its folder, not installed
        return "(not installed)"
