"""All benches, one after the other, each in a process of its own: `python -m bench`."""

import subprocess
import sys
from pathlib import Path

NOT_A_BENCH = {"__main__", "__init__", "ground"}


def main() -> int:
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    missed = []
    for name in names:
        if name in NOT_A_BENCH:
            continue
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode:
            missed.append(name)
    if missed:
        print(f"\nbelow the requirement, or broken: {', '.join(missed)}")
    return len(missed)


if __name__ == "__main__":
    sys.exit(main())
