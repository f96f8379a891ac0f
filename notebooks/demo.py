"""The whole job once, on real data: what ``make demo`` runs.

Works in a folder of its own (``demo/`` unless another is named), as a person would: types cells
into a real kernel, changes one, then uses the command line. Safe to repeat: the history grows,
the schedule of an earlier demo is removed.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

SOURCE = Path(__file__).with_name("flights.ipynb")
COMMAND = [sys.executable, "-m", "nbmlops"]
CHANGED = ("max_leaf_nodes=8", "max_leaf_nodes=31")


def main() -> None:
    """Run every act and say where to look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("demo"))
    folder = parser.parse_args().folder.resolve()
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".nbmlops").mkdir(exist_ok=True)
    shutil.copy(SOURCE, folder / SOURCE.name)
    os.chdir(folder)

    act(1, "A notebook is recorded: 336,776 flights, four steps")
    explore(folder / SOURCE.name)

    act(2, "What changed, and what it was worth")
    nbmlops("versions")
    nbmlops("versions", "train")
    nbmlops("versions", "evaluate")
    nbmlops("diff", "train")

    act(3, "The notebook becomes a pipeline: its DAG and parameters")
    nbmlops("build", "flights.ipynb")

    act(4, "Somebody stands behind it, and it runs with another parameter")
    nbmlops("approve", "flights", "--comment", "AUC and figure looked at")
    nbmlops("run", "flights", "-p", "month=3")

    act(5, "It is scheduled, and fires once for real")
    fire_once()

    act(6, "What was tracked")
    nbmlops("runs", "flights")
    nbmlops("show", "flights#latest")
    farewell(folder, time.monotonic() - began)


def explore(path: Path) -> None:
    """Run the notebook in a kernel, change one cell, and run what follows from it."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, kernel_name="python3", timeout=600)
    environment = {**os.environ, "JPY_SESSION_NAME": str(path)}
    manager = client.create_kernel_manager()
    if sys.platform != "win32":
        manager.transport = "ipc"  # a socket of this user alone, no TCP port
    with client.setup_kernel(cwd=str(path.parent), env=environment):
        for index, cell in enumerate(notebook.cells):
            run_cell(client, cell, index)
        for index, cell in enumerate(notebook.cells):
            if cell.id == "train":
                cell.source = cell.source.replace(*CHANGED)
                print(f"\n  train: {CHANGED[0]} becomes {CHANGED[1]}")
            if cell.id in {"train", "evaluate"}:
                run_cell(client, cell, index)
    nbformat.write(notebook, path)


def run_cell(client: NotebookClient, cell: nbformat.NotebookNode, index: int) -> None:
    """Run one cell as a front end does, with its id and tags, and say how long it took."""
    if cell.cell_type != "code":
        return
    began = time.monotonic()
    print(f"  running {cell.id:<12}", end="", flush=True)
    metadata = {"cellId": cell.id, "tags": cell.metadata.get("tags", [])}
    client.kc.session.metadata = metadata
    client.execute_cell(cell, index)
    print(f"{time.monotonic() - began:6.1f} s")


def fire_once() -> None:
    """Schedule for every minute, let the scheduler fire once, and take the schedule away."""
    listed = json.loads(output("schedules", "--json"))["schedules"]
    for entry in listed:
        nbmlops("unschedule", str(entry["schedule"]["id"]))
    nbmlops("schedule", "flights", "--cron", "* * * * *", "-p", "month=12")
    print("\n  waiting for the next full minute ...")
    nbmlops("scheduler", "--max-fires", "1")
    nbmlops("schedules", "--fires")
    made = json.loads(output("schedules", "--json"))["schedules"][0]["schedule"]["id"]
    nbmlops("unschedule", str(made))


def nbmlops(*words: str) -> None:
    """Run one command as typed in a shell; end the demo if it fails."""
    shown = shlex.join(words)
    print(f"\n$ nbmlops {shown}", flush=True)
    finished = subprocess.run([*COMMAND, *words], check=False)
    if finished.returncode:
        sys.exit(f"The demo stopped: nbmlops {shown} exited with {finished.returncode}.")


def output(*words: str) -> str:
    """What a command prints."""
    return subprocess.run([*COMMAND, *words], check=True, capture_output=True, text=True).stdout


def act(number: int, title: str) -> None:
    """Begin a part of the demo."""
    line = f"{number}. {title}"
    print(f"\n\n{line}\n{'=' * len(line)}", flush=True)


def farewell(folder: Path, seconds: float) -> None:
    """Say where to look."""
    run = json.loads(output("runs", "flights", "--json", "-n", "1"))["runs"][0]
    report = folder / ".nbmlops" / "runs" / "flights" / str(run["number"]) / "flights.html"
    jupyter = Path(sys.executable).with_name("jupyter")
    print(
        f"\n\nDone in {seconds:.0f} s. Where to look:\n"
        f"  the last run as a page   {report}\n"
        f"  the notebook in Jupyter  {jupyter} lab {folder / SOURCE.name}\n"
        f"                           (the MLOps panel is at the left)\n"
        f"  everything else          cd {folder} && {Path(sys.executable).with_name('nbmlops')}\n"
    )


if __name__ == "__main__":
    main()
