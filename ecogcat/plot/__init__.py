"""Pictures of datasets: traces, electrode grid, events, and an overview of the three; matplotlib is imported on use."""

from ecogcat.plot.events import plot_events
from ecogcat.plot.grid import plot_map
from ecogcat.plot.overview import plot_overview
from ecogcat.plot.traces import plot_traces

__all__ = ["plot_events", "plot_map", "plot_overview", "plot_traces"]
