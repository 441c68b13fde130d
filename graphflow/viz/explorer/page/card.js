// The card on the right: what is known of the op or scope that is selected.

function html(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function rowsOf(pairs) {
  const rows = pairs
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([key, value]) => html("tr", {}, html("th", {}, key), html("td", {}, value)));
  return html("table", {}, ...rows);
}

/** Fills the card. `app` offers what its buttons do. */
function showCard(card, tree, model, app) {
  card.replaceChildren();
  card.hidden = !tree;
  if (!tree) return;
  const node = tree.face;
  const isOpen = app.view.open.has(tree.id);
  const name = node && !tree.isScope ? node.name : tree.node?.name ?? tree.id;
  const button = (label, action, title) => html("button", { title, onclick: () => app[action](tree) }, label);
  card.append(
    html("h2", {}, tree.title),
    html("p", { class: "name" }, name),
    html(
      "p",
      { class: "buttons" },
      tree.isScope ? button(isOpen ? "Close" : "Open", "toggle", "Enter") : null,
      tree.isScope ? button("Look inside", "drill", "D") : null,
      button("Inputs", "highlightInputs", "I: all that it is computed from, up to what is fed"),
      button("Outputs", "highlightOutputs", "O: all that is computed from it, up to what is fetched"),
      button(app.view.aside.has(tree.id) ? "Move back" : "Move aside", "moveAside", "A"),
      button("Hide", "hide", "H"),
    ),
  );
  if (node) card.append(...nodeFacts(node, model, app));
  if (tree.isScope) card.append(...scopeFacts(tree));
}

function nodeFacts(node, model, app) {
  const link = (number, text) => html("a", { href: "#", onclick: (event) => (event.preventDefault(), app.goTo(model.nodes[number].tree)) }, text);
  const inputs = [
    ...node.inputs.map(([source, output], index) =>
      source < 0
        ? html("li", { class: "missing" }, `input ${index}: not in the graph`)
        : html("li", {}, link(source, `${model.nodes[source].name}:${output}`), ` ${model.nodes[source].shapes[output] ?? ""}`),
    ),
    ...node.controls.map((source) => html("li", {}, "after ", link(source, model.nodes[source].name))),
  ];
  const readers = [
    ...new Map(node.readers.map(([number]) => [number, html("li", {}, link(number, model.nodes[number].name))])).values(),
    ...node.followers.map((number) => html("li", {}, "before ", link(number, model.nodes[number].name))),
  ];
  const outputs = node.shapes.map((shape, i) => `${i}: ${shape} ${node.types[Math.min(i, node.types.length - 1)] ?? ""}`);
  const [nan, inf, values] = node.health ?? [];
  const facts = rowsOf([
    ["Type", node.op],
    ["Outputs", outputs.length ? outputs.join("\n") : node.types.join(", ")],
    ["Device", node.device],
    ["Parameters", node.parameters && whole.format(node.parameters)],
    ["FLOPs", node.flops && `${counted(node.flops)} for one example`],
    ["Time", node.time === undefined ? null : timed(node.time)],
    ["Memory", node.memory === undefined ? null : sized(node.memory)],
    ["Health", node.health && `${nan} NaN, ${inf} Inf of ${whole.format(values)} values`],
    ["Made at", node.place],
  ]);
  return [
    facts,
    node.line ? html("pre", { class: "source" }, node.line) : null,
    ...listOf("Attributes", node.attributes.map(([key, value]) => html("li", {}, html("b", {}, key), ` ${value}`)), true),
    ...listOf("Inputs", inputs, true),
    ...listOf("Read by", readers, readers.length <= 30),
  ].filter(Boolean);
}

function listOf(title, items, isOpen) {
  if (!items.length) return [];
  const details = html("details", {}, html("summary", {}, `${title} (${items.length})`), html("ul", {}, ...items));
  details.open = isOpen;
  return [details];
}

function scopeFacts(tree) {
  const { totals, isMeasured } = tree;
  const types = new Map();
  for (const { node } of tree.leaves()) types.set(node.op, (types.get(node.op) ?? 0) + 1);
  const sorted = [...types].sort((a, b) => b[1] - a[1]);
  return [
    rowsOf([
      ["Ops", whole.format(totals.ops)],
      ["Parameters", totals.parameters ? whole.format(totals.parameters) : null],
      ["FLOPs", totals.flops ? `${counted(totals.flops)} for one example` : null],
      ["Time", isMeasured.time ? timed(totals.time) : null],
      ["Memory", isMeasured.memory ? sized(totals.memory) : null],
      ["Health", isMeasured.health ? `${whole.format(totals.nan)} NaN, ${whole.format(totals.inf)} Inf` : null],
    ]),
    ...listOf("Op types", sorted.map(([op, count]) => html("li", {}, `${op} × ${count}`)), sorted.length <= 12),
  ];
}
