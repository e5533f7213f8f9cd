"""The laws of ecogcat, each a callable that asserts one law for the function, signal or dataset it is given.

They raise AssertionError with what differs. Our own tests run them over `ecogcat.testing.strategies`; other pipelines
can hold their own joins, readers and wrappers to them.

Examples
--------
>>> import ecogcat as ec
>>> from ecogcat.testing import laws
>>> a, b, c = (ec.from_array([[float(k)] * k], 1000, name=str(k)) for k in (2, 3, 4))
>>> laws.join_is_associative(a, b, c)
>>> laws.reads_as_numpy(ec.join(a, b).signal, a.signal[:], (0, -1))
Traceback (most recent call last):
...
AssertionError: ...
"""

from ecogcat.testing.condition_laws import *  # noqa: F403
from ecogcat.testing.condition_laws import __all__ as _conditions
from ecogcat.testing.conditioning_laws import *  # noqa: F403
from ecogcat.testing.conditioning_laws import __all__ as _conditioning
from ecogcat.testing.epoch_laws import *  # noqa: F403
from ecogcat.testing.epoch_laws import __all__ as _epochs
from ecogcat.testing.interval_laws import *  # noqa: F403
from ecogcat.testing.interval_laws import __all__ as _intervals
from ecogcat.testing.joining_laws import *  # noqa: F403
from ecogcat.testing.joining_laws import __all__ as _joining
from ecogcat.testing.map_laws import *  # noqa: F403
from ecogcat.testing.map_laws import __all__ as _maps
from ecogcat.testing.reading_laws import *  # noqa: F403
from ecogcat.testing.reading_laws import __all__ as _reading
from ecogcat.testing.record_laws import *  # noqa: F403
from ecogcat.testing.record_laws import __all__ as _records
from ecogcat.testing.resampling_laws import *  # noqa: F403
from ecogcat.testing.resampling_laws import __all__ as _resampling
from ecogcat.testing.scratch_laws import *  # noqa: F403
from ecogcat.testing.scratch_laws import __all__ as _scratch
from ecogcat.testing.storing_laws import *  # noqa: F403
from ecogcat.testing.storing_laws import __all__ as _storing
from ecogcat.testing.time_laws import *  # noqa: F403
from ecogcat.testing.time_laws import __all__ as _time
from ecogcat.testing.trigger_laws import *  # noqa: F403
from ecogcat.testing.trigger_laws import __all__ as _triggers

__all__ = sorted(
    [
        *(*_reading, *_joining, *_maps, *_time, *_triggers, *_records, *_epochs, *_conditions, *_intervals),
        *(*_conditioning, *_resampling, *_storing, *_scratch),
    ]
)
