"""The site of speedups in headless Chromium: its width on a phone, and the plots behind its links."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import re
import shutil
import subprocess
import sys
import threading

import pytest

from benchmarks.history import commits
from benchmarks.pages import page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="neither chromium nor google-chrome is on PATH"),
    pytest.mark.skipif(importlib.util.find_spec("asv_tachyon") is None, reason="asv-tachyon is not installed"),
]
OFFLINE = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]
ELSEWHERE = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
"""No name is found: what the site loads from another host would be missing."""
LISTED = 8
"""Points that asv-tachyon lists beside a plot, the newest."""
BEYOND = """<!doctype html><iframe src="index.html" style="width: {width}px; height: 800px; border: 0"></iframe><script>
onload = () => {{
  const page = frames[0].document.documentElement
  document.title = page.scrollWidth - page.clientWidth
}}
</script>"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_):
        """Keep silent."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site as `asv publish` makes it of the results in the repository, and its address."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "asv", "publish", "--no-pull", "--html-dir", str(folder)]
    made = subprocess.run(command, cwd=commits.ROOT, capture_output=True, text=True, check=False, timeout=120)
    if "is not a valid commit" in made.stdout + made.stderr:
        pytest.skip("the clone is shallow: asv orders results by the history")
    assert made.returncode == 0, made.stdout + made.stderr
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def rendered(site, tmp_path):
    """Return a function that gives the elements of a page after its scripts have run."""

    def render(path):
        chromium = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", *OFFLINE, *ELSEWHERE]
        chromium += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=10000", "--dump-dom"]
        return subprocess.run(
            [*chromium, site[1] + path], capture_output=True, text=True, check=True, timeout=120
        ).stdout

    return render


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_page_is_no_wider_than_the_screen(site, rendered, width):
    (site[0] / "width.html").write_text(BEYOND.format(width=width))
    assert re.search("<title>(.*)</title>", rendered("width.html"))[1] == "0"


def test_rows_link_to_a_plot_of_every_commit_of_their_machine(site, rendered):
    text = (site[0] / "index.html").read_text()
    sections = text.split("<section>")[1:]
    assert len(sections) == len([path for path in (commits.ROOT / "benchmarks/results").iterdir() if path.is_dir()])
    for section in sections:
        link = re.search(r'href="(asv\.html#[^"]*speedups\.Heat\.[^"]*)"', section)[1].replace("&amp;", "&")
        shown = re.findall('class="point-row".*?<code>([0-9a-f]{8})</code>', rendered(link))
        assert len(shown) == min(LISTED, int(re.search(r"(\d+) commits", section)[1]))
        assert shown[0] == re.search("the newest\n<code>([0-9a-f]{8})</code>", section)[1]


def test_page_names_what_the_results_hold(site):
    text = (site[0] / "index.html").read_text()
    assert ">saxpy</a>" in text
    assert ">linalg.matmul, layers</a>" in text
    assert page.SIDES["C"] in text
