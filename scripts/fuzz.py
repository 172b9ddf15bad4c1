#!/usr/bin/env python3
"""Look for what breaks the readers of what comes from outside, and the writers of what goes out.

    .venv/bin/pip install atheris
    .venv/bin/python scripts/fuzz.py questions --seconds 300

The tests try examples that Hypothesis thinks of (FUZZ=10 pytest tests/operations/test_fuzz.py). Here libFuzzer, by way
of atheris, watches which lines each example reaches and goes on from those that reached new ones: so it comes to
branches that nobody would hit by chance. What it tries are those same tests, where they need no database.

questions  what people type into a search box
files      a file that is imported, until its rows are read: from a workbook and tables on
texts      a text in CSV, RIS and BibTeX

Where something breaks, it ends with the error; the example is kept in var/fuzz, and belongs into a test. atheris is in
no list of packages, as it is wanted by nobody but who runs this.
"""

import argparse
import io
import os
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "var/fuzz"
LONGEST = {"questions": 400, "files": 20_000, "texts": 400}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", choices=LONGEST)
    parser.add_argument("--seconds", type=int, default=300)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ |= {"LOCAL": "true", "DJANGO_SETTINGS_MODULE": "pathways.settings"}
    try:
        import atheris
    except ImportError:
        sys.exit("Missing: .venv/bin/pip install atheris")
    watched = ["pathways.listing", "pathways.folding", "pathways.curation.importing", "openpyxl", "csv"]
    with atheris.instrument_imports(include=watched):
        import django

        django.setup()
        from pathways.curation.importing import reading
        from tests.operations import test_fuzz
    examples = KEPT / options.target
    examples.mkdir(parents=True, exist_ok=True)
    if options.target == "files":
        for number, content in enumerate(seeds()):
            (examples / f"seed-{number}").write_bytes(content)

        def target(content):
            with suppress(reading.Unreadable):
                reading.read(io.BytesIO(content), "file", {"practices": "practices"}, "practices")
    else:
        test = {
            "questions": test_fuzz.test_a_question_is_words_and_no_syntax_whatever_it_was,
            "texts": test_fuzz.test_no_text_leaves_its_cell_or_its_entry,
        }[options.target].hypothesis.inner_test

        def target(content):
            text = atheris.FuzzedDataProvider(content).ConsumeUnicodeNoSurrogates(LONGEST[options.target])
            # Which no database keeps.
            test(text=text.replace("\0", ""))

    bounds = [f"-max_total_time={options.seconds}", f"-max_len={LONGEST[options.target]}", "-timeout=60"]
    atheris.Setup([sys.argv[0], str(examples), *bounds, f"-artifact_prefix={KEPT}/{options.target}-"], target)
    atheris.Fuzz()


def seeds():
    """Return files that can be read, from which others are made: a workbook and tables."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "practices"
    for row in (("id", "title", "start_year"), ("palim", "Nurses", 2019), (None, "=1+1", 2.5)):
        book.active.append(row)
    workbook = io.BytesIO()
    book.save(workbook)
    table = 'id,title,start_year\r\npalim,"Nurses, and\r\nothers",2019\r\n'
    return [workbook.getvalue(), table.encode("utf-8-sig"), table.replace(",", ";").encode(), table.encode("utf-16")]


if __name__ == "__main__":
    main()
