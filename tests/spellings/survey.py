"""Surveys how many spellings of recurrent layers compile to the nodes that they were written as, and that all
of them compute and train the same, compiled or not. README.md says how to run it."""

import argparse
import collections
import concurrent.futures
import fnmatch
import importlib
import pathlib
import sys

import checks

MODULES = ["torch_cells", "torch_single", "torch_loops", "single_loops", "idioms", "look_alikes", "keras_like",
           "flax_like", "exporters_like"]


def chosen_spellings(patterns, every):
    """The spellings of all modules whose names match one of the patterns; each `every`th of them."""
    found = [spelling for module in MODULES for spelling in importlib.import_module(module).spellings()]
    names = collections.Counter(spelling.name for spelling in found)
    assert not [name for name, count in names.items() if count > 1], "two spellings have one name"
    matching = [spelling for spelling in found
                if any(fnmatch.fnmatch(spelling.name, pattern) for pattern in patterns)]
    return matching[::every]


def check_numbers(numbers, arguments):
    """Checks the spellings of these places; for a process of its own."""
    spellings = chosen_spellings(arguments.only, arguments.every)
    return [checks.check(spellings[number], arguments.gatefold, arguments.keep, not arguments.no_training)
            for number in numbers]


def run(arguments):
    """The results of all spellings, in their order."""
    count = len(chosen_spellings(arguments.only, arguments.every))
    chunks = [range(start, min(start + 8, count)) for start in range(0, count, 8)]
    results = []
    with concurrent.futures.ProcessPoolExecutor(arguments.processes) as pool:
        for job in [pool.submit(check_numbers, chunk, arguments) for chunk in chunks]:
            results += job.result()
            print(f"{len(results)} of {count}", end="\r" if sys.stdout.isatty() else "\n", flush=True)
    return results


def share(part, whole):
    """3 of 4 (75.0 %)."""
    return f"{part} of {whole}" + (f" ({100 * part / whole:.1f} %)" if whole else "")


def number(value):
    """A difference as it stands in the table."""
    return "-" if value is None else f"{value:.0e}"


def summary(results):
    """A line for each family, and one for all."""
    families = collections.defaultdict(list)
    for result in results:
        families[result.family].append(result)
    lines = ["| family | spellings | nodes as written | for training | equal outputs | equal losses |",
             "|---|--:|--:|--:|--:|--:|"]
    for family, members in [*families.items(), ("all", results)]:
        judged = [result for result in members if result.expected is not None]
        lines.append(f"| {family} | {len(members)} "
                     f"| {share(sum(result.is_right_node for result in judged), len(judged))} "
                     f"| {share(sum(result.is_right_in_training for result in judged), len(judged))} "
                     f"| {share(sum(result.is_equal for result in members), len(members))} "
                     f"| {share(sum(result.trains_equally for result in members), len(members))} |")
    return lines


def rows(results):
    """A line for each spelling."""
    lines = ["| spelling | written as | compiled | outputs | formula | losses | |",
             "|---|---|---|--:|--:|--:|---|"]
    for result in results:
        wrong = {"NODES": not result.is_right_node, "TRAINING": not result.is_right_in_training,
                 "OUTPUTS": not result.is_equal, "LOSSES": not result.trains_equally}
        marks = " ".join(mark for mark, is_wrong in wrong.items() if is_wrong)
        expected = "any" if result.expected is None else ", ".join(sorted(result.expected)) or "no node"
        got = result.got or "no node"
        if result.trained != result.got:
            got += f"; for training {result.trained or 'no node'}"
        lines.append(f"| {result.name} | {expected} | {got} | {number(result.compiled)} "
                     f"| {number(result.formula)} | {number(result.losses)} | {marks} {result.error} |")
    return lines


def main():
    """Surveys as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gatefold", required=True, type=lambda path: str(pathlib.Path(path).resolve()),
                        help="the tool")
    parser.add_argument("--table", required=True, help="write the results to this file")
    parser.add_argument("--keep", help="keep models and inputs in this folder, each in one of its own")
    parser.add_argument("--only", nargs="+", default=["*"], help="check only the spellings whose names match")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="check only each Nth of them")
    parser.add_argument("--no-training", action="store_true", help="do not train, which saves half of the time")
    parser.add_argument("--processes", type=int, default=2, help="processes at a time")
    arguments = parser.parse_args()
    results = run(arguments)
    refused = [result for result in results if not result.is_built]
    results = [result for result in results if result.is_built]
    for result in refused:
        print(f"not exported: {result.name}: {result.error}")
    pathlib.Path(arguments.table).write_text("\n".join([*summary(results), "", *rows(results)]) + "\n")
    print("\n".join(summary(results)))


if __name__ == "__main__":
    main()
