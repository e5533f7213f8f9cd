"""ecogcat: multi-channel brain recordings opened where they lie, joined without a copy, read at the speed of memory.

`ec.open_recording` opens one recording, `intake.open_catalog` a session of them; `ec.join` puts datasets end to end,
`ec.split` takes them apart; `dataset.signal` is indexed as a NumPy array is.
"""

from ecogcat.annotate import with_events, with_intervals
from ecogcat.arrays import from_array
from ecogcat.artifacts.exclude import exclude_intervals
from ecogcat.artifacts.files import read_intervals
from ecogcat.artifacts.find import find_intervals
from ecogcat.artifacts.impedances import mask_impedance
from ecogcat.artifacts.judgements import mark_channels, read_judgements
from ecogcat.catalog.check import check
from ecogcat.catalog.convert import convert_session
from ecogcat.catalog.days import session_days
from ecogcat.catalog.find import find
from ecogcat.catalog.labsession import open_session
from ecogcat.catalog.relink import relink
from ecogcat.catalog.scanned import scan
from ecogcat.catalog.session import load_session
from ecogcat.catalog.table import session_table
from ecogcat.channels import ChannelMap
from ecogcat.clock import locate, sample_at
from ecogcat.compare import equals
from ecogcat.conditioning.conversion import convert_units
from ecogcat.conditioning.filters import bandpass, notch
from ecogcat.conditioning.mean import remove_mean
from ecogcat.conditioning.methods import methods_text
from ecogcat.conditioning.rereference import rereference
from ecogcat.conditioning.resample import resample
from ecogcat.conditions.combinations import Conditions
from ecogcat.conditions.labels import condition_label
from ecogcat.dataset import Dataset
from ecogcat.electrodes.electrode import Electrode, electrode, electrodes, to_probeinterface
from ecogcat.electrodes.impedance import read_impedance
from ecogcat.epoching.averages import Average
from ecogcat.epoching.epochs import epochs
from ecogcat.epoching.record import Epochs
from ecogcat.errors import (
    CatalogError,
    EcogcatError,
    FormatError,
    JoinError,
    MemoryLimitError,
    ReadOnlyError,
    RecordingNotFound,
    SourceChangedError,
)
from ecogcat.events import Events
from ecogcat.experiments.experiment import Experiment, conditions_table, with_conditions
from ecogcat.experiments.sessiontables import session_experiment
from ecogcat.formats.opening import load_arguments, open_recording, streams
from ecogcat.joining.join import join, join_signals, split
from ecogcat.joining.plan import JoinPlan, plan_join
from ecogcat.parts import Part, Seam
from ecogcat.plot import plot_events, plot_map, plot_overview, plot_traces
from ecogcat.scratch import scratch
from ecogcat.select import mask_channels, select_channels, select_time
from ecogcat.settings import options
from ecogcat.signal import Signal
from ecogcat.store import load
from ecogcat.storing import write
from ecogcat.triggers.detect import detect_events

__version__ = "0.1.0"

__all__ = [
    "Average",
    "CatalogError",
    "ChannelMap",
    "Conditions",
    "Dataset",
    "EcogcatError",
    "Electrode",
    "Epochs",
    "Events",
    "Experiment",
    "FormatError",
    "JoinError",
    "JoinPlan",
    "MemoryLimitError",
    "Part",
    "ReadOnlyError",
    "RecordingNotFound",
    "Seam",
    "Signal",
    "SourceChangedError",
    "bandpass",
    "check",
    "condition_label",
    "conditions_table",
    "convert_session",
    "convert_units",
    "detect_events",
    "electrode",
    "electrodes",
    "epochs",
    "equals",
    "exclude_intervals",
    "find",
    "find_intervals",
    "from_array",
    "join",
    "join_signals",
    "load",
    "load_arguments",
    "load_session",
    "locate",
    "mark_channels",
    "mask_channels",
    "mask_impedance",
    "methods_text",
    "notch",
    "open_recording",
    "open_session",
    "options",
    "plan_join",
    "plot_events",
    "plot_map",
    "plot_overview",
    "plot_traces",
    "read_impedance",
    "read_intervals",
    "read_judgements",
    "relink",
    "remove_mean",
    "rereference",
    "resample",
    "sample_at",
    "scan",
    "scratch",
    "select_channels",
    "select_time",
    "session_days",
    "session_experiment",
    "session_table",
    "split",
    "streams",
    "to_probeinterface",
    "with_conditions",
    "with_events",
    "with_intervals",
    "write",
]
