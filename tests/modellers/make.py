"""
Make the samples of `samples/`: files drawn by the modelling libraries of bpmn.io and Camunda themselves.

    npm pack camunda-bpmn-js@5.35.0 --ignore-scripts && tar xzf camunda-bpmn-js-5.35.0.tgz
    python -m tests.modellers.make package/dist

Needs Debian's Chromium. Nothing of it runs in the product or in the tests.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.chromium import chromium
from tests.modellers.ours import EXPORT, STEP

HERE = Path(__file__).resolve().parent
BPMN_IO = HERE.parents[1] / "src/motcua/web/static/vendor/bpmn-js/bpmn-modeler.production.min.js"
PAGE = "<!doctype html><div id='canvas' style='width:1600px;height:900px'></div><div id='panel'></div>"
CAMUNDA = {"name": "Camunda Modeler", "version": "5.40.0"}
MODELLERS: dict[str, tuple[str, Any]] = {
    "bpmn_io": ("", {"name": "bpmn-js (https://demo.bpmn.io)", "version": "18.31.1"}),
    "camunda7": ("camunda-platform-modeler.production.min.js", CAMUNDA),
    "camunda8": ("camunda-cloud-modeler.production.min.js", CAMUNDA),
}


def run(page: Page, call: str, *values: Any) -> Any:
    """Call a function of `draw.js`."""
    return page.evaluate(f"values => {call}(...values)", list(values))


def main(dist: Path) -> None:
    """Draw with each modeller and write what it saves."""
    with chromium() as browser:
        for flavour, (file, exporter) in MODELLERS.items():
            page = browser.new_page()
            page.set_content(PAGE)
            page.add_script_tag(path=dist / file if file else BPMN_IO)
            page.add_script_tag(path=HERE / "draw.js")
            found = {"drawn": run(page, "drawn", "process", flavour, exporter)}
            if file:
                found["refused"] = run(page, "drawn", "refused", flavour, exporter)
            found["saved"] = run(page, "saved", EXPORT.decode(), STEP, exporter)
            for what, one in found.items():
                (HERE / "samples" / f"{flavour}_{what}.bpmn").write_text(one["xml"], "utf-8")
                sys.stdout.write(f"{flavour}_{what}: {one.get('names') or one.get('warnings') or ''}\n")
            page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
