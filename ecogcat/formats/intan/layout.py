"""What an Intan ``.rhd`` or ``.rhs`` header says, and the layout of the data blocks that follows from it.

The layout is the one described in Intan's application notes "RHD2000 Data File Formats" (checked against recordings
of versions 1.5, 3.0 and 3.3) and "RHS2000 Data File Formats" (checked against the vendor's own RHX software, which
writes it, and against Neo). Everything is little-endian. What changed with the version of RHD2000:

=======  ==============================================================================
1.1      number of temperature sensors; one value of each in every data block
1.2      time stamps are signed (negative before a trigger)
1.3      board mode, which decides the scale of the board's ADC inputs
2.0      name of the reference channel; 128 samples in a data block instead of 60
=======  ==============================================================================

One data block holds, one after the other and without padding:

================  ==============================================  =====================
time stamps       `samples_per_block` of 4 bytes                  always
amplifier         `samples_per_block` uint16 for each channel     channel after channel
DC amplifier      the same                                        RHS2000, if switched on
stimulation       the same                                        RHS2000
aux               a quarter of that for each channel              a quarter of the rate
supply            1 uint16 for each channel                       one value a block
temperature       1 int16 for each sensor                         one value a block
adc               `samples_per_block` uint16 for each channel     channel after channel
dac               the same                                        RHS2000
digital in, out   `samples_per_block` uint16 words each           if any line is enabled
================  ==============================================  =====================

Blocks of RHS2000 have 128 samples in every version; it has no aux, supply and temperature channels. A word of
stimulation has the size of the current in bits 0 to 7, in steps that the header tells, its sign in bit 8 (set:
negative), and in bits 13, 14 and 15 whether the amplifier was settling, charge was being recovered, and the compliance
limit was reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

__all__ = [
    "ADC_SCALES",
    "AMPLIFIER_SCALE",
    "AUX_SCALE",
    "DC_SCALE",
    "SUPPLY_SCALE",
    "TEMPERATURE_SCALE",
    "IntanChannel",
    "IntanHeader",
    "Scale",
    "Stimulator",
]


class Scale(NamedTuple):
    """How stored numbers become physical values: ``value = stored * gain + offset``, in `units`."""

    gain: float
    offset: float
    units: str


AMPLIFIER_SCALE = Scale(0.195, -32768 * 0.195, "uV")
AUX_SCALE = Scale(37.4e-6, 0.0, "V")
SUPPLY_SCALE = Scale(74.8e-6, 0.0, "V")
# The DC amplifiers invert: what lies above 512 is below 0 V.
DC_SCALE = Scale(-0.01923, 512 * 0.01923, "V")
TEMPERATURE_SCALE = Scale(0.01, 0.0, "degC")
# The board's ADC inputs by board mode: 0..3.3 V, -5..5 V, -10.24..10.24 V.
ADC_SCALES = {
    0: Scale(50.354e-6, 0.0, "V"),
    1: Scale(152.59e-6, -32768 * 152.59e-6, "V"),
    13: Scale(312.5e-6, -32768 * 312.5e-6, "V"),
}


@dataclass(frozen=True, slots=True)
class IntanChannel:
    """One enabled channel of a header.

    Attributes
    ----------
    native_name, custom_name : str
        The vendor's name (``A-003``), and the one the user gave.
    native_order, custom_order : int
        Position on its port; for digital lines `native_order` is the bit in the word.
    port, port_name : str
        Prefix (``A``) and name (``Port A``) of the channel's group.
    chip_channel, board_stream : int
        Where the chip and the board carry it.
    impedance_ohm, impedance_phase_deg : float
        As measured last before the recording; 0 when never measured.
    """

    native_name: str
    custom_name: str
    native_order: int
    custom_order: int
    port: str
    port_name: str
    chip_channel: int
    board_stream: int
    impedance_ohm: float
    impedance_phase_deg: float


@dataclass(frozen=True, slots=True)
class Stimulator:
    """What the header of an RHS2000 recording says of its stimulator.

    Attributes
    ----------
    dc_saved : bool
        Whether the DC amplifier channels were saved.
    step_A : float
        One step of the stimulation current, A.
    settle_mode : int
        0: settling switches the amplifiers' lower corner; 1: it grounds their outputs (fast settle).
    settle_bandwidth_hz : float
        Lower corner while settling.
    recovery_mode : int
        0: charge is recovered with a limited current; 1: by a switch to ground.
    recovery_limit_A, recovery_target_V : float
        That current's limit, and the voltage it aims at.
    """

    dc_saved: bool
    step_A: float
    settle_mode: int
    settle_bandwidth_hz: float
    recovery_mode: int
    recovery_limit_A: float
    recovery_target_V: float


@dataclass(frozen=True, slots=True)
class IntanHeader:
    """Everything a header says, and the layout of one data block.

    Channel tuples hold the enabled channels only, in the order in which the file stores them. Frequencies are
    in Hz. The ``*_offset`` properties are in bytes from the start of a data block.

    Attributes
    ----------
    version : tuple of int
        Major and minor version of the header.
    sampling_rate : float
        Rate of amplifier, ADC and digital channels in Hz; aux channels are stored at a quarter of it.
    notes : tuple of str
        The three lines of notes.
    reference : str or None
        Name of the reference channel (from version 2.0).
    board_mode : int
        0, 1 or 13; decides `adc_scale`.
    dsp_enabled : bool
        Whether the chip's offset removal was on, at `dsp_cutoff_hz`.
    dsp_cutoff_hz, desired_dsp_cutoff_hz : float
        Corner of the chip's offset removal, as set and as asked for.
    bandwidth_hz, desired_bandwidth_hz : tuple of float
        Lower and upper corner of the amplifiers, as set and as asked for.
    notch_mode : int
        Notch filter of the vendor's display; see `notch_hz`.
    impedance_test_hz, desired_impedance_test_hz : float
        Frequency of the impedance measurement, as set and as asked for.
    amplifier, aux, supply, adc, digital_in, digital_out : tuple of IntanChannel
        The enabled channels of each kind.
    n_temperature : int
        Number of temperature sensors stored.
    header_bytes : int
        Where the first data block starts.
    dac : tuple of IntanChannel
        Enabled analog outputs (RHS2000).
    stimulator : Stimulator or None
        Of an RHS2000 recording; None: it is of RHD2000.
    """

    version: tuple[int, int]
    sampling_rate: float
    notes: tuple[str, str, str]
    reference: str | None
    board_mode: int
    dsp_enabled: bool
    dsp_cutoff_hz: float
    desired_dsp_cutoff_hz: float
    bandwidth_hz: tuple[float, float]
    desired_bandwidth_hz: tuple[float, float]
    notch_mode: int
    impedance_test_hz: float
    desired_impedance_test_hz: float
    amplifier: tuple[IntanChannel, ...]
    aux: tuple[IntanChannel, ...]
    supply: tuple[IntanChannel, ...]
    adc: tuple[IntanChannel, ...]
    digital_in: tuple[IntanChannel, ...]
    digital_out: tuple[IntanChannel, ...]
    n_temperature: int
    header_bytes: int
    dac: tuple[IntanChannel, ...] = ()
    stimulator: Stimulator | None = None

    @property
    def system(self) -> str:
        """The vendor's name for it."""
        return "RHD2000" if self.stimulator is None else "RHS2000"

    @property
    def notch_hz(self) -> float | None:
        """Line frequency of the display's notch filter, None when off; stored samples are unfiltered."""
        return {1: 50.0, 2: 60.0}.get(self.notch_mode)

    @property
    def adc_scale(self) -> Scale:
        """Scale of the board's ADC inputs in this file's board mode, to V; that of RHS2000 is one, outputs included."""
        return ADC_SCALES[self.board_mode if self.stimulator is None else 13]

    @property
    def samples_per_block(self) -> int:
        """Samples of each amplifier channel in a data block."""
        return 60 if self.version < (2, 0) and self.stimulator is None else 128

    @property
    def aux_per_block(self) -> int:
        """Samples of each aux channel in a data block."""
        return self.samples_per_block // 4

    @property
    def timestamp_dtype(self) -> np.dtype[np.signedinteger | np.unsignedinteger]:
        """Type of the time stamps: signed, but unsigned in RHD2000 before version 1.2."""
        return np.dtype("<u4") if self.version < (1, 2) and self.stimulator is None else np.dtype("<i4")

    @property
    def timestamp_offset(self) -> int:
        """Where the time stamps start."""
        return 0

    @property
    def amplifier_offset(self) -> int:
        """Where the first amplifier channel starts."""
        return self.timestamp_offset + 4 * self.samples_per_block

    @property
    def dc_offset(self) -> int:
        """Where the first DC amplifier channel starts, if they are saved."""
        return self.amplifier_offset + 2 * self.samples_per_block * len(self.amplifier)

    @property
    def stim_offset(self) -> int:
        """Where the stimulation of the first channel starts, if there is a stimulator."""
        saved = self.stimulator is not None and self.stimulator.dc_saved
        return self.dc_offset + 2 * self.samples_per_block * len(self.amplifier) * saved

    @property
    def aux_offset(self) -> int:
        """Where the first aux channel starts."""
        return self.stim_offset + 2 * self.samples_per_block * len(self.amplifier) * (self.stimulator is not None)

    @property
    def supply_offset(self) -> int:
        """Where the supply voltages start."""
        return self.aux_offset + 2 * self.aux_per_block * len(self.aux)

    @property
    def temperature_offset(self) -> int:
        """Where the temperatures start."""
        return self.supply_offset + 2 * len(self.supply)

    @property
    def adc_offset(self) -> int:
        """Where the first ADC channel starts."""
        return self.temperature_offset + 2 * self.n_temperature

    @property
    def dac_offset(self) -> int:
        """Where the first analog output starts."""
        return self.adc_offset + 2 * self.samples_per_block * len(self.adc)

    @property
    def digital_in_offset(self) -> int:
        """Where the words of the digital inputs start."""
        return self.dac_offset + 2 * self.samples_per_block * len(self.dac)

    @property
    def digital_out_offset(self) -> int:
        """Where the words of the digital outputs start."""
        return self.digital_in_offset + 2 * self.samples_per_block * bool(self.digital_in)

    @property
    def block_bytes(self) -> int:
        """Size of one data block."""
        return self.digital_out_offset + 2 * self.samples_per_block * bool(self.digital_out)

    def whole_blocks(self, file_bytes: int) -> tuple[int, int]:
        """Count the whole data blocks in a file of that size, and the bytes left over behind them."""
        return divmod(max(file_bytes - self.header_bytes, 0), self.block_bytes)
