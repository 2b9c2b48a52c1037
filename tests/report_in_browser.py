#!/usr/bin/env python3
"""Opens reports in headless Chromium.

    report_in_browser.py GATEFOLD

Makes small projects of the examples, writes their reports, and lets Chromium measure them: no page may
complain, fetch anything or be wider than the window, all pictures have a size, and the texts of graphs
lie in their boxes without touching one another. Exit code 1 if that is not so, and 77, which
means skipped, where there is no Chromium.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
EXAMPLES = pathlib.Path(__file__).resolve().parents[1] / "examples"
SMALL = ["--embedding", "8"]

# What new, prepare and train are given, and how many pictures the report then has.
PROJECTS = {
    "classifier": (["classifier", "--hidden", "16", "--rnn", "gru"],
                   ["--text", EXAMPLES / "names/names.tsv", "--valid", "0.2"], [], 4),
    "translator": (["seq2seq", "--hidden", "16", "--bidirectional", "--layers", "2", "--attention",
                    "luong"],
                   ["--text", f"{EXAMPLES / 'translation/pairs.tsv'}:2,1"],
                   ["--sample", "je suis prêt."], 6),
    "poet": (["char-lm", "--hidden", "16", "--layers", "2"],
             ["--text", f"{EXAMPLES / 'poems/poems.jsonl'}:title,text"], ["--sample", "江雪"], 3),
    "vectors": (["skipgram"], ["--text", EXAMPLES / "word_vectors/weather.txt"], [], 4),
    "encoder": (["transformer-encoder", "--hidden", "16", "--layers", "3"],
                ["--text", EXAMPLES / "names/names.tsv"], [], 2),
}

# Runs in the page; its result becomes the text of an element.
MEASURE = """
const seen = (element) => element.getBoundingClientRect();
const within = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 &&
                         a.bottom <= b.bottom + 1;
const touch = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const complaints = [];
const pictures = [...document.querySelectorAll('svg')];
for (const picture of pictures) {
  const name = picture.querySelector('text').textContent;
  if (seen(picture).width < 100 || seen(picture).height < 100) complaints.push(name + ' has no size');
  const texts = [...picture.querySelectorAll('text')];
  for (const text of texts) {
    if (!within(seen(text), seen(picture))) complaints.push(name + ' cuts ' + text.textContent);
  }
  if (!name.endsWith('compiling')) continue;
  const boxes = [...picture.querySelectorAll('rect.round')];
  texts.forEach((text, i) => {
    if (i > 0 && !boxes.some((box) => within(seen(text), seen(box)))) {
      complaints.push(name + ': no box holds ' + text.textContent);
    }
    for (const other of texts.slice(0, i)) {
      if (touch(seen(text), seen(other))) {
        complaints.push(`${name}: ${text.textContent} touches ${other.textContent}`);
      }
    }
  });
}
if (document.compatMode !== 'CSS1Compat') complaints.push('the page is no standard HTML');
if (document.documentElement.scrollWidth > innerWidth) complaints.push('the page is too wide');
for (const entry of performance.getEntriesByType('resource')) complaints.push('fetches ' + entry.name);
const result = document.createElement('pre');
result.id = 'measured';
result.textContent = JSON.stringify({complaints, pictures: pictures.length,
                                     ground: getComputedStyle(document.body).backgroundColor});
document.body.append(result);
"""


def open_page(browser, page, scheme):
    """The DOM of a page after it was loaded, and what the browser's console says."""
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
             "--enable-logging=stderr", f"--blink-settings=preferredColorScheme={scheme}",
             "--window-size=1200,900", "--dump-dom", page.as_uri()],
            capture_output=True, check=True, timeout=120)
    errors = done.stderr.decode("utf-8", "replace").splitlines()
    return done.stdout.decode("utf-8"), [line for line in errors if "CONSOLE" in line]


def measure(browser, page, scheme):
    """What the script in a copy of a page finds."""
    text = page.read_text(encoding="utf-8")
    copy = page.with_suffix(".measured.html")
    copy.write_text(text.replace("</body>", f"<script>{MEASURE}</script></body>"), encoding="utf-8")
    dom, console = open_page(browser, copy, scheme)
    found = re.search(r'<pre id="measured">(.*?)</pre>', dom, re.DOTALL)
    if not found:
        return {"complaints": ["it cannot be measured", *console], "pictures": 0, "ground": ""}
    result = json.loads(found.group(1))
    result["complaints"] += console
    return result


def make_report(tool, folder, name):
    """Writes the report of a project that is made anew."""
    new, prepare, train, _ = PROJECTS[name]
    report = folder / f"{name}.html"
    for command in (["new", new[0], name, *new[1:], *SMALL], ["prepare", name, *prepare],
                    ["train", name, "--epochs", "2", *train], ["report", name, "-o", report]):
        subprocess.run([tool, *command], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return report


def check(browser, report, pictures):
    """The complaints about a report, in light and in dark."""
    light, dark = measure(browser, report, 1), measure(browser, report, 0)
    complaints = light["complaints"] + dark["complaints"]
    if light["pictures"] != pictures:
        complaints.append(f"{light['pictures']} pictures instead of {pictures}")
    if light["ground"] == dark["ground"]:
        complaints.append(f"the ground is {light['ground']} in light and in dark")
    return complaints


def check_measure(browser, folder):
    """A complaint if a page full of faults seems to have none."""
    page = folder / "faults.html"
    page.write_text(
        "<body><svg width='200' height='200'><text y='20'>After compiling</text>"
        "<text y='60'>one</text><text y='61'>two</text></svg><svg width='0'><text>flat</text></svg>"
        "<p style='width:5000px'>wide</p><script>missing()</script></body>", encoding="utf-8")
    found = " ".join(measure(browser, page, 1)["complaints"])
    return [f"not found: {fault}" for fault in
            ("no box holds one", "two touches one", "flat has no size", "too wide", "no standard",
             "missing is not defined") if fault not in found]


def main():
    tool = pathlib.Path(sys.argv[1]).resolve()
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("SKIPPED: there is no chromium")
        sys.exit(SKIPPED)
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        results = {"faults": check_measure(browser, folder)}
        for name, project in PROJECTS.items():
            results[name] = check(browser, make_report(tool, folder, name), project[-1])
    for name, complaints in results.items():
        print(f"{'FAILED' if complaints else 'PASSED'} {name}", *complaints, sep="\n    ")
        failed = failed or bool(complaints)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
