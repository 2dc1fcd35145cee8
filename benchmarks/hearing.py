"""How long the ear takes: to wake up, for a sentence, and for the longest letter.

The sentences are those of `tests/hearing`. Prints a table and, last, `hearing ratio: X`, the
median for one sentence over what is allowed for it.
"""

import json
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from handlers.hearing import Hearing
from handlers.hearing.measure import sentences

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "hearing"
RESULTS = ROOT / "benchmarks" / "results"
ALLOWED_MS = 0.3
ALLOWED_START_MS = 300
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
ROUNDS = 5
WAKE = """
import time
began = time.perf_counter()
from datetime import UTC, datetime
from handlers.hearing import Hearing
Hearing.load().hear("我摔倒了", datetime(2026, 11, 23, tzinfo=UTC))
print((time.perf_counter() - began) * 1000)
"""


def start_up() -> float:
    """Return the milliseconds from a fresh interpreter to the first verdict, the best of three."""
    runs = [
        subprocess.run([sys.executable, "-c", WAKE], cwd=ROOT, capture_output=True, check=True)  # noqa: S603
        for _ in range(3)
    ]
    return min(float(run.stdout) for run in runs)


def texts() -> list[str]:
    files = [CORPUS / "tuned.tsv", CORPUS / "unseen.tsv"]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [sentence.text for sentence in sentences(lines)]


def heard(ear: Hearing, text: str) -> float:
    began = time.perf_counter()
    ear.hear(text, NOW)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    ear = Hearing.load()
    ear.warm_up()
    said = texts()
    times = sorted(heard(ear, text) for _ in range(ROUNDS) for text in said)
    letters = ["，".join(said[first:])[:2048] for first in range(3)]
    figures = {
        "sentences": len(said),
        "start_up_ms": start_up(),
        "median_ms": statistics.median(times),
        "p99_ms": times[int(len(times) * 0.99)],
        "letter_of_2048_characters_ms": min(heard(ear, one) for one in letters),
    }
    figures["ratio"] = figures["median_ms"] / ALLOWED_MS
    for name, value in figures.items():
        print(f"{name:32} {value:10.3f}")
    print(f"start-up is {figures['start_up_ms'] / ALLOWED_START_MS:.2f} of what is allowed")
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / "hearing.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(f"hearing ratio: {figures['ratio']:.2f}")


if __name__ == "__main__":
    main()
