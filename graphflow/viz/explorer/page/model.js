// The graph as the page knows it: nodes, the tree of scopes around them, who reads whom.

/** A scope, or an op at the end of a branch. */
class TreeNode {
  constructor(id, title, parent) {
    this.id = id;
    this.title = title;
    this.parent = parent;
    this.children = [];
    this.node = null; // of an op
    this.primary = null; // the op that bears the scope's name: a variable, a Reshape
    this.isApart = false;
    this.isStack = false;
    this.group = null; // a number, equal for scopes that are built alike
    this.totals = { ops: 0, parameters: 0, flops: 0, time: 0, memory: 0, nan: 0, inf: 0 };
    this.isMeasured = { time: false, memory: false, health: false };
  }

  get isScope() {
    return this.children.length > 0;
  }

  /** What is drawn when it is closed: the op, or the one that gives the scope its name. */
  get face() {
    return this.node ?? this.primary?.node ?? null;
  }

  *leaves() {
    if (this.node) yield this;
    for (const child of this.children) yield* child.leaves();
  }

  *ancestors() {
    for (let scope = this.parent; scope; scope = scope.parent) yield scope;
  }

  isInside(scope) {
    for (const around of this.ancestors()) if (around === scope) return true;
    return false;
  }
}

class Model {
  constructor(data) {
    this.title = data.title;
    this.kinds = data.kinds;
    this.themes = data.themes;
    this.nodes = data.nodes.map((record, number) => readNode(record, number, data));
    this.root = new TreeNode("", data.title, null);
    this.byId = new Map([["", this.root]]);
    this.#plant();
    this.#markScopes(data);
    this.#sum(this.root);
    this.#linkReaders();
  }

  #plant() {
    const scopes = new Set();
    for (const { path } of this.nodes) {
      for (let end = 1; end < path.length; end++) scopes.add(path.slice(0, end).join("/"));
    }
    for (const node of this.nodes) {
      let parent = this.root;
      const isPrimary = scopes.has(node.path.join("/"));
      const titles = isPrimary ? node.path : node.path.slice(0, -1);
      for (const title of titles) parent = this.#child(parent, title, parent.id && `${parent.id}/`);
      const title = node.path.at(-1);
      const leaf = this.#child(parent, title, isPrimary ? `${parent.id}/.` : parent.id && `${parent.id}/`);
      leaf.node = node;
      node.tree = leaf;
      if (isPrimary) parent.primary = leaf;
    }
  }

  #child(parent, title, prefix) {
    const id = `${prefix}${title}`;
    let child = this.byId.get(id);
    if (!child) {
      child = new TreeNode(id, title, parent);
      child.order = this.byId.size;
      parent.children.push(child);
      this.byId.set(id, child);
    }
    return child;
  }

  #markScopes(data) {
    const at = (path) => this.byId.get(path.join("/"));
    for (const path of data.apart) if (at(path)) at(path).isApart = true;
    for (const [path, group] of data.alike) if (at(path)) at(path).group = group;
    for (const path of data.stacks) {
      at(path).isStack = true;
      at(path).group = at(path).children[0].group;
    }
  }

  #sum(tree) {
    const { totals, isMeasured, node } = tree;
    if (node) {
      totals.ops = 1;
      totals.parameters = node.parameters ?? 0;
      totals.flops = node.flops ?? 0;
      totals.time = node.time ?? 0;
      totals.memory = node.memory ?? 0;
      [totals.nan, totals.inf] = node.health ?? [0, 0];
      isMeasured.time = node.time !== undefined;
      isMeasured.memory = node.memory !== undefined;
      isMeasured.health = node.health !== undefined;
    }
    for (const child of tree.children) {
      this.#sum(child);
      for (const key of Object.keys(totals)) totals[key] += child.totals[key];
      for (const key of Object.keys(isMeasured)) isMeasured[key] ||= child.isMeasured[key];
    }
  }

  #linkReaders() {
    for (const node of this.nodes) {
      for (const [source, output] of node.inputs) this.nodes[source]?.readers.push([node.number, output]);
      for (const source of node.controls) this.nodes[source].followers.push(node.number);
    }
  }

  /** The numbers of all nodes that a node is computed from, or that are computed from it. */
  reach(starts, isUpwards) {
    const found = new Set(starts);
    const stack = [...found];
    while (stack.length) {
      const node = this.nodes[stack.pop()];
      const next = isUpwards
        ? [...node.inputs.map(([source]) => source), ...node.controls]
        : [...node.readers.map(([reader]) => reader), ...node.followers];
      for (const number of next) {
        if (number >= 0 && !found.has(number)) {
          found.add(number);
          stack.push(number);
        }
      }
    }
    return found;
  }

  /**
   * Scopes and ops whose name holds the text, or matches it as a regular expression written `/…/`;
   * those that train or save the net last.
   */
  search(text) {
    const isPattern = text.length > 2 && text.startsWith("/") && text.endsWith("/");
    const wanted = text.toLowerCase();
    const pattern = isPattern ? new RegExp(text.slice(1, -1), "i") : null;
    const matches = (name) => (pattern ? pattern.test(name) : name.toLowerCase().includes(wanted));
    const found = [];
    for (const tree of this.byId.values()) {
      if (tree.isScope && tree !== this.root && matches(tree.id)) found.push(tree);
    }
    for (const node of this.nodes) {
      const isShown = node.tree.parent.primary === node.tree && found.includes(node.tree.parent);
      if (!isShown && matches(node.name)) found.push(node.tree);
    }
    const isApart = (tree) => tree.isApart || [...tree.ancestors()].some((scope) => scope.isApart);
    return [...found.filter((tree) => !isApart(tree)), ...found.filter(isApart)];
  }
}

function readNode(record, number, data) {
  const text = (index) => data.texts[index];
  const [place, line] = record.source === undefined ? [] : text(record.source).split("\n");
  return {
    inputs: [],
    controls: [],
    missing: [],
    lines: [],
    ...record,
    number,
    kind: data.kinds[record.kind],
    shapes: (record.shapes ?? []).map(text),
    sizes: record.sizes ?? [],
    types: (record.types ?? []).map(text),
    attributes: (record.attributes ?? []).map((index) => {
      const [key, ...value] = text(index).split("=");
      return [key, value.join("=")];
    }),
    device: record.device === undefined ? "" : text(record.device),
    place,
    line,
    readers: [],
    followers: [],
  };
}
