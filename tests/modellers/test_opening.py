"""Our exports open in bpmn-js and in Camunda's core without a warning; ids and drawing come out as they went in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from playwright.sync_api import Browser

from motcua.kernel.process.bpmn import read, write
from tests.browser.chromium import chromium, needs_chromium
from tests.modellers.make import BPMN_IO, PAGE
from tests.modellers.ours import EXPORT
from tests.modellers.test_samples import FLAVOURS, diagram, ids, sample

pytestmark = [pytest.mark.browser, needs_chromium]
VENDOR = Path(__file__).resolve().parents[1] / "vendor"
TOOLS = {
    "bpmn.io": (BPMN_IO, "BpmnJS"),
    "Camunda Platform 7": (VENDOR / "camunda-platform-viewer.production.min.js", "BpmnViewer"),
    "Camunda 8": (VENDOR / "camunda-cloud-viewer.production.min.js", "BpmnViewer"),
}
OPEN = """async ([name, xml]) => {
  const tool = new window[name]({ container: '#canvas' });
  const opened = await tool.importXML(xml);
  const saved = await tool.saveXML({ format: true });
  const drawn = tool.get('elementRegistry').filter(one => one.type !== 'label').map(one => one.id);
  tool.destroy();
  return { warnings: opened.warnings.map(one => one.message), xml: saved.xml, drawn };
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser without an instance: these pages hold nothing but a modeller."""
    with chromium() as running:
        yield running


@pytest.mark.parametrize("tool", TOOLS)
def test_our_exports_open_without_warnings_and_come_out_the_same(browser: Browser, tool: str) -> None:
    file, name = TOOLS[tool]
    page = browser.new_page()
    page.set_content(PAGE)
    page.add_script_tag(path=file)
    exports = {"ours": EXPORT}
    for flavour in FLAVOURS:
        data = sample(f"{flavour}_drawn")
        exports[flavour] = write(read(data).graph, data)
    for which, export in exports.items():
        told: dict[str, Any] = page.evaluate(OPEN, [name, export.decode()])
        assert told["warnings"] == [], which
        back = told["xml"].encode()
        assert ids(back) == ids(export), which
        assert sorted(map(str, diagram(back))) == sorted(map(str, diagram(export))), which
        assert read(back).graph == read(export).graph, which
        shown = {
            item.get("bpmnElement") for item in etree.fromstring(export).iter("{*}BPMNShape", "{*}BPMNEdge")
        }
        assert shown <= set(told["drawn"]), which
    page.close()
