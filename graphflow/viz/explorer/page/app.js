// The page: one view of the graph, changed by clicks, keys and the search box.

const MAX_BOXES = 1500; // on the page at once; more takes seconds, and nobody reads them
const MAX_FOUND = 200;

class App {
  constructor(data) {
    this.model = new Model(data);
    const $ = (id) => document.getElementById(id);
    this.parts = { svg: $("graph"), stage: $("stage"), card: $("card"), crumbs: $("crumbs"), legend: $("legend") };
    Object.assign(this.parts, { search: $("search"), found: $("found"), toast: $("toast"), help: $("help") });
    this.parts.coloring = $("coloring");
    this.camera = new Camera(this.parts.svg, this.parts.stage, $("map"));
    this.view = { root: this.model.root, open: new Set(), hidden: new Set(), aside: new Set() };
    Object.assign(this.view, { selected: null, highlight: null, coloring: "structure" });
    for (const tree of this.model.byId.values()) if (tree.isApart) this.view.aside.add(tree.id);
    this.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    this.#offerColorings();
    this.#listen($);
    this.#openSingleScope();
    this.update();
    this.camera.fitReadable();
  }

  /** A graph that stands in one scope opens in that scope. */
  #openSingleScope() {
    const scopes = this.model.root.children.filter((tree) => tree.isScope && !tree.primary && !tree.isApart);
    const others = this.model.root.children.length - scopes.length;
    if (scopes.length === 1 && others < 3) this.view.open.add(scopes[0].id);
  }

  #offerColorings() {
    const { root, nodes } = this.model;
    const offered = {
      structure: true,
      device: nodes.some((node) => node.device),
      time: root.isMeasured.time,
      memory: root.isMeasured.memory,
      health: root.isMeasured.health,
    };
    for (const [name, isThere] of Object.entries(offered)) {
      const option = html("option", { value: name }, name);
      option.disabled = !isThere;
      this.parts.coloring.append(option);
    }
  }

  #listen($) {
    this.parts.svg.addEventListener("click", (event) => this.#click(event));
    this.parts.svg.addEventListener("dblclick", (event) => this.#doubleClick(event));
    this.parts.search.addEventListener("input", () => this.#search());
    this.parts.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.parts.found.querySelector("a")?.click();
      if (event.key === "Escape") this.#endSearch();
    });
    this.parts.coloring.addEventListener("change", () => this.color(this.parts.coloring.value));
    $("fit").addEventListener("click", () => this.camera.fit());
    $("theme").addEventListener("click", () => this.setTheme(this.theme === "dark" ? "light" : "dark"));
    $("export").addEventListener("click", () => this.download());
    $("restore").addEventListener("click", () => this.restore());
    $("help-button").addEventListener("click", () => (this.parts.help.hidden = !this.parts.help.hidden));
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  // --- what is shown ------------------------------------------------------------------------------

  /** Makes the scene anew, lays it out, draws it. */
  update() {
    document.documentElement.dataset.theme = this.theme;
    this.scene = makeScene(this.model, this.view);
    layOut(this.scene, (box) => boxSize(box, this.view.coloring));
    const palette = new Palette(this.model, this.view.coloring, this.model.themes[this.theme]);
    const { layer, legend } = paint(this.scene, palette, this.view);
    this.parts.stage.replaceChildren(layer);
    this.parts.legend.replaceChildren(
      ...legend.map(([color, text]) => html("span", {}, html("i", { style: `background:${color}` }), text)),
    );
    this.camera.show(this.scene);
    this.#showCrumbs();
    this.#showSelected();
    document.getElementById("restore").hidden = this.view.hidden.size === 0;
  }

  /** Changes the view and keeps a box where it is in the window. */
  #updateAround(tree, change) {
    const before = this.#boxOf(tree);
    const place = before && this.camera.toWindow(before.x + before.w / 2, before.y);
    change();
    this.update();
    const after = this.#boxOf(tree);
    if (place && after) this.camera.pin(after.x + after.w / 2, after.y, place);
  }

  #boxOf(tree) {
    for (let at = tree; at; at = at.parent) if (this.scene.boxes.has(at.id)) return this.scene.boxes.get(at.id);
    return null;
  }

  #showCrumbs() {
    const path = [this.view.root, ...this.view.root.ancestors()].reverse();
    this.parts.crumbs.replaceChildren(
      ...path.map((tree) => html("button", { onclick: () => this.drill(tree) }, tree === this.model.root ? this.model.title : tree.title)),
    );
  }

  #showSelected() {
    const tree = this.model.byId.get(this.view.selected ?? "\0") ?? null;
    showCard(this.parts.card, tree, this.model, this);
    mark(this.scene, this.view, this.model.themes[this.theme]);
  }

  select(tree) {
    this.view.selected = tree?.id ?? null;
    this.#showSelected();
  }

  toggle(tree) {
    if (!tree.isScope) return;
    const { open } = this.view;
    if (!open.has(tree.id) && this.scene.boxes.size + tree.children.length > MAX_BOXES) {
      this.#say(`That would be more than ${MAX_BOXES} boxes. Close some scopes, or look inside this one (D).`);
      return;
    }
    this.view.selected = tree.id;
    this.#updateAround(tree, () => (open.has(tree.id) ? open.delete(tree.id) : open.add(tree.id)));
  }

  /** Shows the inside of one scope only. */
  drill(tree) {
    if (!tree.isScope) return;
    this.view.root = tree;
    this.update();
    this.camera.fitReadable();
  }

  /** Opens what stands around a node, selects it and brings it into the window. */
  goTo(tree) {
    for (let at = tree; at; at = at.parent) this.view.hidden.delete(at.id);
    if (tree !== this.view.root && !tree.isInside(this.view.root)) this.view.root = this.model.root;
    for (const scope of tree.ancestors()) if (scope.id) this.view.open.add(scope.id);
    this.view.selected = tree.id;
    this.update();
    const box = this.#boxOf(tree);
    if (this.camera.scale < 0.5) this.camera.zoom(0.8 / this.camera.scale);
    if (box) this.camera.center(box);
  }

  hide(tree) {
    this.view.hidden.add(tree.id);
    this.view.selected = null;
    this.update();
  }

  restore() {
    this.view.hidden.clear();
    this.update();
  }

  moveAside(tree) {
    const { aside } = this.view;
    this.#updateAround(tree, () => (aside.has(tree.id) ? aside.delete(tree.id) : aside.add(tree.id)));
  }

  highlightInputs(tree) {
    this.#highlight(tree, true);
  }

  highlightOutputs(tree) {
    this.#highlight(tree, false);
  }

  #highlight(tree, isUpwards) {
    const starts = tree.primary ? [tree.primary.node.number] : [...tree.leaves()].map((leaf) => leaf.node.number);
    this.view.highlight = this.model.reach(starts, isUpwards);
    this.select(tree);
    this.#say(`${plural(this.view.highlight.size, "op")}. Esc ends the highlight.`);
  }

  color(coloring) {
    this.view.coloring = coloring;
    this.parts.coloring.value = coloring;
    this.update();
  }

  setTheme(theme) {
    this.theme = theme;
    this.update();
  }

  // --- the picture --------------------------------------------------------------------------------

  /** The view as an SVG document. */
  svgText() {
    const { w, h } = this.scene.top;
    const picture = element("svg", { xmlns: SVG, width: w, height: h, viewBox: `0 0 ${w} ${h}` });
    element("title", {}, picture, this.model.title);
    element("rect", { width: w, height: h, fill: this.theme === "dark" ? this.model.themes.dark.background : "#ffffff" }, picture);
    picture.append(...[...this.parts.stage.children].map((child) => child.cloneNode(true)));
    for (const close of picture.querySelectorAll(".close")) close.remove();
    return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(picture)}\n`;
  }

  download() {
    const url = URL.createObjectURL(new Blob([this.svgText()], { type: "image/svg+xml" }));
    html("a", { href: url, download: `${this.model.title.replace(/[^\w.-]+/g, "_") || "graph"}.svg` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  // --- pointer and keys ---------------------------------------------------------------------------

  #click(event) {
    if (this.camera.wasDragged) return;
    const target = event.target.closest("[data-id]");
    if (!target) {
      this.select(null);
      return;
    }
    const tree = this.model.byId.get(target.dataset.id);
    if (target.classList.contains("stub")) this.goTo(tree);
    else if (target.classList.contains("close")) this.toggle(tree);
    else if (target.classList.contains("box") && tree.isScope && !event.shiftKey) this.toggle(tree);
    else this.select(tree);
  }

  #doubleClick(event) {
    const target = event.target.closest(".scope");
    if (target) this.drill(this.model.byId.get(target.dataset.id));
  }

  #key(event) {
    if (event.target.closest("input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const tree = this.model.byId.get(this.view.selected ?? "\0");
    const onTree = { Enter: "toggle", d: "drill", i: "highlightInputs", o: "highlightOutputs", h: "hide", a: "moveAside" };
    const always = {
      "/": () => this.parts.search.focus(),
      "?": () => (this.parts.help.hidden = !this.parts.help.hidden),
      f: () => this.camera.fit(),
      t: () => this.setTheme(this.theme === "dark" ? "light" : "dark"),
      s: () => this.download(),
      "+": () => this.camera.zoom(1.25),
      "-": () => this.camera.zoom(0.8),
      Backspace: () => this.view.root.parent && this.drill(this.view.root.parent),
      Escape: () => this.#escape(),
      ArrowUp: () => this.#step(tree, "up"),
      ArrowDown: () => this.#step(tree, "down"),
      ArrowLeft: () => this.#step(tree, "left"),
      ArrowRight: () => this.#step(tree, "right"),
    };
    if (always[event.key]) always[event.key]();
    else if (onTree[event.key] && tree) {
      if (event.target.closest("button")) return; // Enter presses it
      this[onTree[event.key]](tree);
    } else return;
    event.preventDefault();
  }

  #escape() {
    this.parts.help.hidden = true;
    if (this.view.highlight) this.view.highlight = null;
    else this.view.selected = null;
    this.#showSelected();
  }

  /** Selects the nearest box in a direction; along an arrow where one leads there. */
  #step(tree, direction) {
    const from = tree && this.scene.boxes.get(tree.id);
    const boxes = [...this.scene.boxes.values()].filter((box) => !box.isStub && !box.isOpen && box !== from);
    if (!boxes.length) return;
    if (!from) {
      this.select(boxes.reduce((best, box) => (box.y < best.y ? box : best)).tree);
      return;
    }
    const joined = new Set(
      this.scene.arrows
        .filter((arrow) => (direction === "up" ? arrow.head === from : direction === "down" && arrow.tail === from))
        .map((arrow) => (direction === "up" ? arrow.tail : arrow.head)),
    );
    const distance = (box) => {
      const dx = box.x + box.w / 2 - (from.x + from.w / 2);
      const dy = box.y + box.h / 2 - (from.y + from.h / 2);
      const [along, across] = { up: [-dy, dx], down: [dy, dx], left: [-dx, dy], right: [dx, dy] }[direction];
      return along <= 1 && !joined.has(box) ? Infinity : Math.abs(along) + 3 * Math.abs(across) - (joined.has(box) ? 1e6 : 0);
    };
    const nearest = boxes.reduce((best, box) => (distance(box) < distance(best) ? box : best));
    if (distance(nearest) === Infinity) return;
    this.select(nearest.tree);
    this.camera.reveal(nearest);
  }

  // --- search -------------------------------------------------------------------------------------

  #search() {
    const text = this.parts.search.value.trim();
    let found = [];
    this.parts.search.classList.remove("wrong");
    try {
      found = text ? this.model.search(text) : [];
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.parts.search.classList.add("wrong"); // a regular expression that is not finished yet
    }
    const links = found.slice(0, MAX_FOUND).map((tree) => {
      const go = (event) => {
        event.preventDefault();
        this.goTo(tree);
      };
      return html("a", { href: "#", onclick: go }, html("span", {}, tree.node?.name ?? tree.id), html("small", {}, tree.node?.op ?? plural(tree.totals.ops, "op")));
    });
    const more = found.length > MAX_FOUND ? html("p", {}, `and ${whole.format(found.length - MAX_FOUND)} more`) : null;
    this.parts.found.replaceChildren(...links, ...(more ? [more] : []), ...(text && !links.length ? [html("p", {}, "nothing found")] : []));
    this.parts.found.hidden = !text;
  }

  #endSearch() {
    this.parts.search.value = "";
    this.#search();
    this.parts.search.blur();
  }

  #say(text) {
    this.parts.toast.textContent = text;
    this.parts.toast.hidden = false;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => (this.parts.toast.hidden = true), 5000);
  }
}

window.graphflowExplorer = new App(JSON.parse(document.getElementById("data").textContent));
