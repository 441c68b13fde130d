"""A headless Chromium for the tests of this folder, opened once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The browser. CI sets GRAPHFLOW_NEEDS_BROWSER: there, a missing one is an error."""
    webdriver = pytest.importorskip("selenium.webdriver")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not (browser and driver):
        message = "needs Chromium and its driver: apt-get install chromium chromium-driver"
        if os.environ.get("GRAPHFLOW_NEEDS_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for switch in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{switch}")
    options.add_argument("--window-size=1400,1000")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    downloads = tmp_path_factory.mktemp("downloads")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    started.downloads = downloads
    started.set_script_timeout(300)  # a machine that does other things draws 1500 boxes slowly
    yield started
    started.quit()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[[Path], Any]]:
    """Opens a file; at the end of the test the console must have said nothing."""
    from explorer_page import Page

    yield lambda path: Page(chromium, path)
    assert chromium.get_log("browser") == []


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `lenet.html` and `resnet152.html`, the latter with its training."""
    import example_nets

    import graphflow as tf
    from graphflow.viz import explore

    folder = tmp_path_factory.mktemp("pages")
    with tf.Graph().as_default() as graph:
        example_nets.load("lenet_dropout").build()
        tf.global_variables_initializer()
        tf.train.Saver()
        explore(graph, folder / "lenet.html")
    with tf.Graph().as_default() as graph:
        example_nets.load("resnet").build(152, is_training=True)
        tf.global_variables_initializer()
        explore(graph, folder / "resnet152.html")
    return folder
