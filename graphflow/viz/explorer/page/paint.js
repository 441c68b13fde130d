// The scene as SVG. Colours are attributes of the elements, so that a saved picture has them too.

const SVG = "http://www.w3.org/2000/svg";
const FONT = "Helvetica, Arial, sans-serif";
const TITLE_SIZE = 12;
const LINE_SIZE = 10.5;
const ARROW_SIZE = 9.5;
const MAX_TITLE = 34;
const DEVICE_COLORS = ["#4e8fd0", "#d98032", "#4ea05a", "#a868b8", "#c9515b", "#7d8a3c"];
const HEAT = ["#fff3c4", "#fdd27a", "#f79d5c", "#e4604e", "#a92b4e"];
const HEALTHY = "#7cc08a";
const INFINITE = "#f0a030";
const NOT_A_NUMBER = "#e0394a";

const measure = (() => {
  const context = document.createElement("canvas").getContext("2d");
  return (text, size, weight = "normal") => {
    context.font = `${weight} ${size}px ${FONT}`;
    return context.measureText(text).width;
  };
})();

function element(name, attributes = {}, parent = null, text = null) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  if (text !== null) made.textContent = text;
  parent?.append(made);
  return made;
}

function shortened(text) {
  if (text.length <= MAX_TITLE) return text;
  return `${text.slice(0, MAX_TITLE / 2)}…${text.slice(-MAX_TITLE / 2)}`;
}

const whole = new Intl.NumberFormat("en-US");

/** 1,234 or 5.70 M: three digits are enough beside each other. */
function counted(number) {
  return inUnits(number, [["T", 1e12], ["G", 1e9], ["M", 1e6]]) ?? whole.format(number);
}

function sized(bytes) {
  return inUnits(bytes, [["TB", 1e12], ["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) ?? `${bytes} B`;
}

function timed(micros) {
  return inUnits(micros, [["s", 1e6], ["ms", 1e3]]) ?? `${micros} µs`;
}

function inUnits(number, units) {
  for (const [unit, size] of units) {
    if (number < size) continue;
    const amount = number / size;
    // 999.9 has three digits only as 1.00e+3
    return `${amount >= 999.5 ? whole.format(Math.round(amount)) : amount.toPrecision(3)} ${unit}`;
  }
  return null;
}

function plural(count, word) {
  return `${whole.format(count)} ${word}${count === 1 ? "" : "s"}`;
}

/** What stands in a closed box below its title. */
function boxLines(tree, coloring) {
  const { totals } = tree;
  const face = tree.face;
  const lines = face ? [...face.lines] : [];
  if (!face) {
    lines.push(tree.isStack ? `${tree.children.length} equal blocks` : plural(totals.ops, "op"));
    if (totals.parameters) lines.push(plural(totals.parameters, "parameter"));
  }
  if (coloring === "time" && tree.isMeasured.time) lines.push(timed(totals.time));
  if (coloring === "memory" && tree.isMeasured.memory) lines.push(sized(totals.memory));
  if (coloring === "health" && totals.nan + totals.inf > 0) {
    lines.push(`${counted(totals.nan)} NaN, ${counted(totals.inf)} Inf`);
  }
  return lines.filter(Boolean);
}

function boxSize(box, coloring) {
  const title = shortened(box.tree.title);
  if (box.isStub) return { w: measure(title, LINE_SIZE) + 8, h: 16, lines: [] };
  if (box.isOpen) {
    const counted = box.tree.totals.parameters && !box.tree.face ? plural(box.tree.totals.parameters, "parameter") : "";
    return { w: measure(title, TITLE_SIZE, "bold") + measure(counted, 9.5) + 30 };
  }
  const lines = boxLines(box.tree, coloring);
  const widths = lines.map((line) => measure(line, LINE_SIZE));
  const w = Math.max(52, measure(title, TITLE_SIZE, "bold"), ...widths) + 22;
  return { w, h: 24 + 14 * lines.length, lines };
}

/** Which colours a page shows: `fillOf(box)` and the entries of the legend. */
class Palette {
  constructor(model, coloring, theme) {
    this.model = model;
    this.coloring = coloring;
    this.theme = theme;
    this.devices = [...new Set(model.nodes.map((node) => node.device))].sort();
  }

  kind(tree) {
    const isApart = tree.isApart || [...tree.ancestors()].some((scope) => scope.isApart);
    return isApart ? "training" : (tree.face?.kind ?? "scope");
  }

  look(tree) {
    const [fill, border, shape] = this.theme.looks[this.kind(tree)];
    return { fill, border, shape };
  }

  fill(box, largest) {
    const { tree } = box;
    if (this.coloring === "device") return this.#deviceColor(tree);
    if (this.coloring === "health") return this.#healthColor(tree);
    if (this.coloring === "time" || this.coloring === "memory") {
      return this.#heat(tree, largest);
    }
    const { alike } = this.theme;
    if (tree.group !== null && !tree.face) return alike[tree.group % alike.length];
    return this.look(tree).fill;
  }

  scopeFill(tree, level) {
    const { alike, scope_fills: fills } = this.theme;
    const isPart = [...tree.ancestors()].some((scope) => scope.group !== null);
    if (this.coloring === "structure" && tree.group !== null && !isPart && !tree.face) {
      return alike[tree.group % alike.length];
    }
    return fills[Math.min(level, fills.length - 1)];
  }

  #deviceColor(tree) {
    const devices = new Set([...tree.leaves()].map((leaf) => leaf.node.device));
    if (devices.size !== 1) return this.theme.scope_fills[0];
    const [device] = devices;
    return device ? DEVICE_COLORS[this.devices.indexOf(device) % DEVICE_COLORS.length] : this.theme.scope_fills[1];
  }

  #healthColor(tree) {
    if (!tree.isMeasured.health) return this.theme.scope_fills[1];
    if (tree.totals.nan) return NOT_A_NUMBER;
    return tree.totals.inf ? INFINITE : HEALTHY;
  }

  #heat(tree, largest) {
    if (!tree.isMeasured[this.coloring]) return this.theme.scope_fills[1];
    const share = largest ? tree.totals[this.coloring] / largest : 0;
    return HEAT[Math.min(HEAT.length - 1, Math.floor(Math.sqrt(share) * HEAT.length))];
  }

  /** [colour, text] of what occurs among the boxes. */
  legend(boxes, largest) {
    if (this.coloring === "device") {
      return this.devices.map((device) => [
        device ? DEVICE_COLORS[this.devices.indexOf(device) % DEVICE_COLORS.length] : this.theme.scope_fills[1],
        device || "no device asked for",
      ]);
    }
    if (this.coloring === "health") {
      return [[HEALTHY, "finite"], [INFINITE, "Inf"], [NOT_A_NUMBER, "NaN"], [this.theme.scope_fills[1], "not run"]];
    }
    if (this.coloring !== "structure") {
      const text = this.coloring === "time" ? timed : sized;
      return HEAT.map((color, i) => [color, `≥ ${text(Math.round(largest * (i / HEAT.length) ** 2))}`]);
    }
    const kinds = new Set(boxes.map((box) => this.kind(box.tree)));
    return this.model.kinds.filter((kind) => kinds.has(kind)).map((kind) => [this.theme.looks[kind][0], kind]);
  }
}

/** Dark letters on light boxes, and light ones on dark. */
function inkOn(color) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  return 0.3 * r + 0.59 * g + 0.11 * b > 140 ? "#1f2a33" : "#f0f4f7";
}

/** Draws a scene that is laid out. Returns the group to be shown. */
function paint(scene, palette, view) {
  const { theme } = palette;
  const layer = element("g", { "font-family": FONT });
  const closed = [...scene.boxes.values()].filter((box) => !box.isOpen && !box.isStub);
  const largest = Math.max(0, ...closed.map((box) => box.tree.totals[palette.coloring] ?? 0));
  const drawOpen = (container, level) => {
    for (const box of container.items) {
      if (!box.isOpen) continue;
      paintScope(box, level, palette, layer);
      drawOpen(box, level + 1);
    }
  };
  drawOpen(scene.top, 0);
  const taken = new Map(); // row of the page -> the labels of arrows in it
  for (const arrow of scene.arrows) paintArrow(arrow, theme, layer, taken);
  paintTitles(scene.top, 0, palette, element("g", { class: "titles", "pointer-events": "none" }, layer));
  for (const box of scene.boxes.values()) {
    if (box.isStub) paintStub(box, theme, layer);
    else if (!box.isOpen) paintBox(box, palette, largest, layer);
  }
  mark(scene, view, theme);
  return { layer, legend: palette.legend(closed, largest) };
}

function groupOf(box, role, layer, label) {
  const group = element("g", { class: role, "data-id": box.tree.id, "aria-label": label }, layer);
  group.setAttribute("cursor", "pointer");
  box.drawn = group;
  return group;
}

function paintScope(box, level, palette, layer) {
  const { theme } = palette;
  const { tree, x, y, w, h } = box;
  const group = groupOf(box, "scope", layer, `open scope ${tree.id}`);
  const fill = palette.scopeFill(tree, level);
  box.outline = element("rect", { x, y, width: w, height: h, rx: 8, fill, stroke: theme.scope_border }, group);
  const ink = inkOn(fill);
  const close = element("g", { class: "close", "data-id": tree.id, role: "button" }, group);
  element("title", {}, close, "close");
  element("rect", { x: x + w - 22, y: y + 5, width: 16, height: 16, rx: 3, fill: "none", stroke: theme.scope_border }, close);
  element("text", { x: x + w - 14, y: y + 17, fill: ink, "font-size": 13, "text-anchor": "middle" }, close, "−");
}

/** Over the arrows that cross them, with a rim of the frame's colour. */
function paintTitles(container, level, palette, layer) {
  for (const box of container.items) {
    if (!box.isOpen) continue;
    const { tree, x, y } = box;
    const fill = palette.scopeFill(tree, level);
    const rim = { stroke: fill, "stroke-width": 4, "stroke-linejoin": "round", "paint-order": "stroke" };
    const text = { ...rim, x: x + 10, y: y + 16, fill: inkOn(fill), "font-size": TITLE_SIZE, "font-weight": "bold" };
    const title = element("text", text, layer, shortened(tree.title));
    if (tree.totals.parameters && !tree.face) {
      const small = { dx: 8, "font-weight": "normal", "font-size": 9.5 };
      element("tspan", small, title, plural(tree.totals.parameters, "parameter"));
    }
    paintTitles(box, level + 1, palette, layer);
  }
}

function paintBox(box, palette, largest, layer) {
  const { tree, x, y, w, h, lines } = box;
  const { border, shape } = palette.look(tree);
  const fill = palette.fill(box, largest);
  const group = groupOf(box, "box", layer, `${tree.isScope ? "scope" : tree.node.op} ${tree.id}`);
  const frame = { fill, stroke: border, "stroke-dasharray": box.isAside ? "4 3" : null };
  if (tree.isStack) {
    for (const shift of [6, 3]) element("rect", { ...frame, x: x + shift, y: y - shift, width: w, height: h, rx: 5 }, group);
  }
  const isRound = shape === "ellipse";
  box.outline = element("rect", { ...frame, x, y, width: w, height: h, rx: isRound ? h / 2 : tree.isScope ? 7 : 2 }, group);
  if (tree.isScope && !tree.face) {
    element("rect", { x: x + 2.5, y: y + 2.5, width: w - 5, height: h - 5, rx: 5, fill: "none", stroke: border, "stroke-width": 0.6 }, group);
  }
  const text = { x: x + w / 2, fill: inkOn(fill), "text-anchor": "middle" };
  element("text", { ...text, y: y + 16, "font-size": TITLE_SIZE, "font-weight": "bold" }, group, shortened(tree.title));
  lines.forEach((line, i) => element("text", { ...text, y: y + 30 + 14 * i, "font-size": LINE_SIZE }, group, line));
  element("title", {}, group, tree.node?.name ?? tree.id);
}

function paintStub(box, theme, layer) {
  const group = groupOf(box, "stub", layer, `from ${box.tree.id}`);
  const text = { x: box.x + box.w / 2, y: box.y + 12, fill: theme.line, "font-size": LINE_SIZE, "text-anchor": "middle" };
  box.outline = element("text", { ...text, "font-style": "italic" }, group, shortened(box.tree.title));
  element("title", {}, group, box.tree.id);
}

function paintArrow(arrow, theme, layer, taken) {
  const isControl = arrow.tensors.size === 0;
  const isChange = arrow.changed > 0 && arrow.changed === arrow.tensors.size;
  const color = isChange ? theme.reference : theme.line;
  const width = isControl ? 1 : Math.min(5, 0.8 + 0.45 * Math.log10(Math.max(1, arrow.size)));
  const kind = isControl ? "control" : isChange ? "reference" : "data";
  const group = element("g", { class: `arrow ${kind}` }, layer);
  arrow.line = element("path", {
    d: smooth(arrow.points),
    fill: "none",
    stroke: color,
    "stroke-width": width.toFixed(2),
    "stroke-dasharray": isControl ? "2 3" : null,
  }, group);
  arrow.color = color;
  const [x, y] = arrow.points.at(-1);
  arrow.tip = element("path", { d: `M${x - 4},${y - 8}L${x},${y}L${x + 4},${y - 8}Z`, fill: color }, group);
  if (isChange) {
    const [fromX, fromY] = arrow.points[0];
    element("path", { d: `M${fromX - 4},${fromY + 8}L${fromX},${fromY}L${fromX + 4},${fromY + 8}Z`, fill: color }, group);
  }
  const label = arrow.tail.tree.face?.kind === "variable" ? "" : arrowLabel(arrow);
  if (label) {
    const place = labelPlace(arrow.points, label, taken);
    element("text", { ...place, fill: theme.line, "font-size": ARROW_SIZE }, group, label);
  }
  element("title", {}, group, `${arrow.tail.tree.id} → ${arrow.head.tree.id}`);
}

/** Beside the middle of an arrow's first curve, or above or below where another label is there. */
function labelPlace([[x0, y0], [x1, y1]], label, taken) {
  const width = measure(label, ARROW_SIZE);
  const middle = (y0 + y1) / 2;
  const bezier = (a, b, c, d, t) => (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t ** 2 * c + t ** 3 * d;
  const places = [0.5, 0.36, 0.64, 0.24, 0.76].map((t) => ({
    x: bezier(x0, x0, x1, x1, t) + 5,
    y: bezier(y0, middle, middle, y1, t) + 3,
  }));
  const rowOf = (y) => Math.floor(y / ARROW_SIZE);
  const near = (y) => [-1, 0, 1].flatMap((step) => taken.get(rowOf(y) + step) ?? []);
  const isFree = ({ x, y }) => near(y).every((other) => (
    x > other.x + other.width || x + width < other.x || Math.abs(y - other.y) > ARROW_SIZE
  ));
  const place = places.find(isFree) ?? places[0];
  const row = rowOf(place.y);
  taken.set(row, [...(taken.get(row) ?? []), { ...place, width }]);
  return place;
}

/** A curve that is vertical at every point. */
function smooth(points) {
  let path = `M${round(points[0])}`;
  for (let i = 1; i < points.length; i++) {
    const [x0, y0] = points[i - 1];
    const [x1, y1] = points[i];
    const middle = (y0 + y1) / 2;
    path += x0 === x1 ? `L${round(points[i])}` : `C${round([x0, middle])} ${round([x1, middle])} ${round(points[i])}`;
  }
  return path;
}

function round([x, y]) {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}

/** Shows what is selected, and what is highlighted; the rest fades. */
function mark(scene, view, theme) {
  const accent = "#e2306c";
  const lit = view.highlight;
  const litBoxes = new Set();
  if (lit) for (const number of lit) if (scene.boxOf[number]) litBoxes.add(scene.boxOf[number]);
  for (const box of scene.boxes.values()) {
    const isSelected = view.selected === box.tree.id && !box.isStub;
    box.drawn.classList.toggle("selected", isSelected);
    box.drawn.classList.toggle("lit", litBoxes.has(box));
    if (!box.isStub) {
      box.outline.setAttribute("stroke", isSelected ? accent : box.isOpen ? theme.scope_border : (box.border ??= box.outline.getAttribute("stroke")));
      box.outline.setAttribute("stroke-width", isSelected ? 3 : litBoxes.has(box) ? 2.2 : 1);
    }
    box.drawn.setAttribute("opacity", !lit || box.isOpen || litBoxes.has(box) || isSelected ? 1 : 0.28);
  }
  for (const arrow of scene.arrows) {
    const isLit = !lit || arrow.pairs.some(([from, to]) => lit.has(from) && lit.has(to));
    arrow.line.parentNode.setAttribute("opacity", isLit ? 1 : 0.12);
    arrow.line.setAttribute("stroke", lit && isLit ? accent : arrow.color);
    arrow.tip.setAttribute("fill", lit && isLit ? accent : arrow.color);
  }
}
