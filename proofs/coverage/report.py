"""Prints how many lines of each part of the library the tests run, and the lines that they do not."""

import collections
import pathlib
import re
import sys

# In per cent of the lines, by the beginning of the path below `src`.
AT_LEAST = {"auth/": 98.0, "": 98.0}

# Functions that are made from `senders/`, each of which runs in the example of its documentation.
LEFT_OUT = {"provider/preset/generated.rs"}


def lines_of(report):
    """The lines of each file, with how often each ran. A generic function is one line, however often it is compiled."""
    files = collections.defaultdict(dict)
    for line in report:
        if line.startswith("SF:"):
            file = files[line[3:].strip()]
        elif line.startswith("DA:"):
            number, count = line[3:].split(",")[:2]
            file[int(number)] = max(file.get(int(number), 0), int(count))
    return files


def ranges(numbers):
    found = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def main():
    report, source = sys.argv[1], pathlib.Path(sys.argv[2])
    with open(report, encoding="utf-8") as text:
        files = lines_of(text)
    parts = collections.defaultdict(lambda: [0, 0])
    print("lines that no test runs:")
    for name in sorted(files):
        path = pathlib.Path(name)
        if not path.is_relative_to(source):
            continue
        below = path.relative_to(source).as_posix()
        if below in LEFT_OUT:
            continue
        text = path.read_text(encoding="utf-8").splitlines()
        # A line of brackets alone is not one that could be wrong.
        counted = {n: c for n, c in files[name].items() if not re.fullmatch(r"[\s{}()\[\];,?]*", text[n - 1])}
        missed = sorted(n for n, count in counted.items() if count == 0)
        if missed:
            print(f"  src/{below}: {ranges(missed)}")
        for part in {"", below.split("/")[0] + ("/" if "/" in below else "")}:
            parts[part][0] += len(counted)
            parts[part][1] += len(counted) - len(missed)
    print(f"\n{'part':24} {'lines':>7} {'run':>7} {'per cent':>9}")
    for part in sorted(parts):
        total, run = parts[part]
        print(f"{part or 'all':24} {total:7} {run:7} {100 * run / max(total, 1):9.2f}")
    low = [part or "all" for part, least in AT_LEAST.items() if 100 * parts[part][1] < least * parts[part][0]]
    if low:
        sys.exit(f"FAILED: too few lines of {', '.join(low)} are run")


main()
