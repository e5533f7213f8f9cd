"""CSV files: tables that people write by hand, read so that no value slips into its neighbour's column."""

from __future__ import annotations

import os
import warnings
from typing import Any

import pandas as pd

__all__ = ["read_csv"]


def read_csv(path: str | os.PathLike[str], **options: Any) -> pd.DataFrame:
    r"""Read a table; a row with more fields than there are columns is an error.

    pandas would take the first fields of such rows for the names of rows, and move all others by one column. A comma at
    the end of every row is no further field.

    Parameters
    ----------
    path : path-like
    **options
        Those of `pandas.read_csv`.

    Raises
    ------
    pandas.errors.ParserError
        If a row has too many fields.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> _ = path.write_text("sample,remark\n20,loud, at first\n")
    >>> read_csv(path)
    Traceback (most recent call last):
    pandas.errors.ParserError: a row has more fields than columns (sample, remark); put text with commas into quotes
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            table: pd.DataFrame = pd.read_csv(path, index_col=False, **options)
        except pd.errors.ParserWarning as error:
            columns = ", ".join(map(str, pd.read_csv(path, nrows=0, **options).columns))
            raise pd.errors.ParserError(
                f"a row has more fields than columns ({columns}); put text with commas into quotes"
            ) from error
    return table
