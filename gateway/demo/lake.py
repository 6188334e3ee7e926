"""The Parquet side of the mesh: the same files in a local folder or in a bucket."""

import pyarrow.fs as fs
import pyarrow.parquet as pq

from gateway.demo.data import DemoData

_ROW_GROUP = 122_880


def load_lake(files: fs.FileSystem, root: str, data: DemoData) -> None:
    """Write ``listeners/`` and ``daily_plays/month=YYYY-MM/`` below ``root`` (a folder, or ``bucket/prefix``)."""
    tables = {"listeners/listeners.parquet": data.world.listeners}
    tables |= {f"daily_plays/month={month:%Y-%m}/plays.parquet": rows for month, rows in data.daily_plays.items()}
    for name, table in tables.items():
        path = f"{root}/{name}"
        files.create_dir(path.rsplit("/", 1)[0], recursive=True)
        pq.write_table(table, path, filesystem=files, compression="zstd", row_group_size=_ROW_GROUP)
