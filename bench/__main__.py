"""All benches, one after the other, each in a process of its own.

python -m bench [name …]
"""

import subprocess
import sys
from pathlib import Path

APART = {"__init__", "__main__", "ground"}


def main(wanted: list[str]) -> int:
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    failed = []
    for name in wanted or [name for name in names if name not in APART]:
        print(f"\n== {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False)
        failed += [name] * (done.returncode != 0)
    print(f"\n{'failed: ' + ', '.join(failed) if failed else 'all ran'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
