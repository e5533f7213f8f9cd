"""Views of a dataset under the older system's attribute names; they can be assigned to, what they show cannot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecogcat.channels import ChannelMap
from ecogcat.dataset import Dataset
from ecogcat.events import Events
from ecogcat.joining.join import join
from ecogcat.select import mask_channels
from ecogcat.signal import Signal
from ecogcat.storage.scratch import ScratchExtent

__all__ = ["BoundBuffer", "Bunch", "Experiment", "FileBuffer", "MapView", "Recording", "Source"]


class Bunch(dict[str, Any]):
    """A dictionary whose items are attributes, too; printed as name : type.

    Examples
    --------
    >>> Bunch(Fs=2000.0)
    Fs : <class 'float'>
    """

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"there is no {name!r} here; there are: {', '.join(self)}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        return "\n".join(f"{name} : {type(value)}" for name, value in self.items())


class Array:
    """A signal read and, in scratch copies, written with brackets."""

    def __init__(self, signal: Signal) -> None:
        self._signal = signal

    @property
    def signal(self) -> Signal:
        """Ours."""
        return self._signal

    @property
    def shape(self) -> tuple[int, int]:
        """(n_channels, n_samples)."""
        return self.signal.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.signal.dtype

    @property
    def ndim(self) -> int:
        """Number of axes: 2."""
        return 2

    def __len__(self) -> int:
        return len(self.signal)

    def __getitem__(self, index: Any) -> Any:
        return self.signal[index]

    def __setitem__(self, index: Any, values: Any) -> None:
        self.signal.write(index, values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self.signal.__array__(dtype, copy)


class FileBuffer(Array):
    """What `data_buffer` is of one recording."""


class BoundBuffer(Array):
    """What `data_buffer` is of several recordings joined."""


class Source(Array):
    """The data of a recording: channels that can be masked, and the arrays beside them.

    Parameters
    ----------
    dataset : Dataset
        With all channels.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._all = dataset
        self.set_channel_mask(None)

    @property
    def dataset(self) -> Dataset:
        """The dataset, with the channels of the mask."""
        return self._masked

    @property
    def signal(self) -> Signal:
        """The channels of the mask."""
        return self._masked.signal

    @property
    def kind(self) -> str:
        """How the samples are held: "loaded", "r+", "mapped", or "mixed"."""
        kinds = set()
        for piece in self.signal.pieces:
            scratch = isinstance(piece.extent, ScratchExtent)
            kinds.add("r+" if scratch else "mapped" if piece.extent.sources else "loaded")
        return kinds.pop() if len(kinds) == 1 else "mixed"

    @property
    def binary_channel_mask(self) -> NDArray[np.bool_]:
        """Which channels are used; a copy."""
        return self._mask.copy()

    def set_channel_mask(self, mask: Any) -> None:
        """Use some channels (True), or all with None; the mask has an entry for every one."""
        n = self._all.n_channels
        chosen = np.ones(n, bool) if mask is None else np.asarray(mask, bool)
        if chosen.shape != (n,):
            raise ValueError(f"a mask has an entry for each of {n} channels, not shape {chosen.shape}")
        self._mask = chosen.copy()
        self._masked = self._all if chosen.all() else mask_channels(self._all, chosen, reason="masked")

    @property
    def aligned_arrays(self) -> list[str]:
        """Names of the arrays beside the data; each is an attribute."""
        return list(self._all.aligned)

    def __getattr__(self, name: str) -> Array:
        if name.startswith("_") or name not in self._all.aligned:
            raise AttributeError(f"data has no {name!r}; arrays beside it: {', '.join(self._all.aligned) or 'none'}")
        return Array(self._all.aligned[name])

    @property
    def data_buffer(self) -> Array:
        """Where the samples lie: one recording, or several bound together."""
        return (FileBuffer if len(self._all.parts) == 1 else BoundBuffer)(self._all.signal)

    def join(self, other: Source) -> Source:
        """Join with another, lazily."""
        return Source(join(self.dataset, other.dataset))

    def __repr__(self) -> str:
        return f"<Source, {self.kind}: {self.signal!r}>"


class MapView:
    """A channel map; `subset` and `image` as they were, everything else as of `ecogcat.ChannelMap`."""

    def __init__(self, channel_map: ChannelMap) -> None:
        self.channel_map = channel_map

    def subset(self, mask: Any) -> MapView:
        """Return the map of some channels."""
        return MapView(self.channel_map.subset(np.asarray(mask)))

    def image(self, values: Any = None, **options: Any) -> tuple[Any, Any]:
        """Draw values (channel numbers by default) on the electrode; return the figure and its colour bar."""
        if values is None:
            values = np.arange(len(self.channel_map))
            options.setdefault("label", "channel")
        axes = self.channel_map.image(values, **options)
        drawn = [getattr(one, "colorbar", None) for one in (*axes.images, *axes.collections, *axes.patches)]
        drawn += [getattr(one, "_colorbar", None) for one in (*axes.child_axes, *axes.figure.axes)]
        return axes.figure, next((bar for bar in drawn if bar is not None), None)

    def __len__(self) -> int:
        return len(self.channel_map)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self.channel_map)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "channel_map":
            raise AttributeError(name)
        return getattr(self.channel_map, name)


class Experiment:
    """Events and their conditions; every column is an attribute."""

    def __init__(self, events: Events) -> None:
        self.events = events

    @property
    def time_stamps(self) -> NDArray[np.int64]:
        """Samples of the events."""
        return self.events.sample

    @property
    def event_names(self) -> list[str]:
        """Columns of the condition table."""
        return [str(name) for name in self.events.table.columns]

    def __len__(self) -> int:
        return len(self.events)

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name.startswith("_") or name == "events" or name not in self.events.table.columns:
            raise AttributeError(f"the experiment has no {name!r}")
        return self.events.table[name].to_numpy()


class Recording(Bunch):
    """A dataset under the older attribute names.

    Parameters
    ----------
    dataset : Dataset
    trigger : tuple of (str, int), optional
        Array and channel of the trigger line.
    headstage : str, optional
    described : bool
        Whether a session says what was presented: without it there is no `exp`.
    """

    def __init__(
        self,
        dataset: Dataset,
        trigger: tuple[str, int] | None = None,
        headstage: str | None = None,
        described: bool = True,
    ) -> None:
        source = Source(dataset)
        arrays = {name: getattr(source, name) for name in source.aligned_arrays}
        line = None
        if trigger is not None and trigger[0] in dataset.aligned:
            line = dataset[trigger[0]][trigger[1]]
        channel_map = dataset.channel_map
        super().__init__(
            data=source,
            **arrays,
            chan_map=None if channel_map is None else MapView(channel_map),
            Fs=dataset.sampling_rate,
            pos_edge=dataset.events.sample.copy(),
            trig_chan=line,
            exp=Experiment(dataset.events) if described and len(dataset.events) else None,
            bandpass=dataset.bandpass,
            notches=dataset.notches or None,
            units=dataset.units,
            transient_snipped=dataset.transient_snipped,
            ground_chans=None if dataset.ground is None else Array(dataset.ground),
            ref_chans=None if dataset.reference_channels is None else Array(dataset.reference_channels),
            name=dataset.name,
            headstage=headstage,
        )
        self["trigger"] = trigger
