// What is on the page now: the boxes that the open scopes show, and the arrows between them.

const MANY_READERS = 8; // boxes; what more of them read is named beside each instead

/** Boxes and arrows of a view. */
function makeScene(model, view) {
  const boxOf = new Array(model.nodes.length).fill(null);
  const top = { id: view.root.id, tree: view.root, isOpen: true, items: [], parent: null };
  const boxes = new Map();

  function fill(container) {
    for (const tree of container.tree.children) {
      if (view.hidden.has(tree.id)) continue;
      const isOpen = tree.isScope && view.open.has(tree.id);
      const isAside = view.aside.has(tree.id) || container.isAside === true;
      const box = { id: tree.id, tree, isOpen, isAside, items: [], parent: container };
      container.items.push(box);
      boxes.set(box.id, box);
      if (isOpen) fill(box);
      else for (const leaf of tree.leaves()) boxOf[leaf.node.number] = box;
    }
  }
  fill(top);
  const arrows = collectArrows(model, view, boxOf);
  return { top, boxes, boxOf, arrows: withStubs(arrows, boxes) };
}

function collectArrows(model, view, boxOf) {
  const arrows = new Map();
  const arrowBetween = (tail, head, from) => {
    if (!head || head === tail || head.isAside) return null;
    const tailId = tail ? tail.id : `\0${outside(view, model.nodes[from].tree)?.id}`;
    if (tail ? tail.isAside : isGone(view, model.nodes[from].tree)) return null;
    const key = `${tailId}\0→${head.id}`;
    if (!arrows.has(key)) {
      const stub = tail ? null : outside(view, model.nodes[from].tree);
      arrows.set(key, { key, tail, head, stub, tensors: new Map(), controls: 0, changed: 0, size: 0, pairs: [] });
    }
    return arrows.get(key);
  };
  for (const node of model.nodes) {
    const head = boxOf[node.number];
    for (const [source, output, changed] of node.inputs) {
      if (source < 0) continue;
      const arrow = arrowBetween(boxOf[source], head, source);
      if (!arrow) continue;
      arrow.tensors.set(`${source}:${output}`, model.nodes[source].shapes[output] ?? "");
      arrow.size = Math.max(arrow.size, model.nodes[source].sizes[output] ?? 1);
      arrow.changed += changed;
      arrow.pairs.push([source, node.number]);
    }
    for (const source of node.controls) {
      const arrow = arrowBetween(boxOf[source], head, source);
      if (!arrow) continue;
      arrow.controls++;
      arrow.pairs.push([source, node.number]);
    }
  }
  return [...arrows.values()];
}

/** Hidden, or moved aside: nothing is drawn from it. */
function isGone(view, tree) {
  for (let scope = tree; scope; scope = scope.parent) {
    if (view.hidden.has(scope.id) || view.aside.has(scope.id)) return true;
  }
  return false;
}

/** The outermost scope around a node that does not hold the scope which is looked at. */
function outside(view, tree) {
  let result = tree;
  for (const scope of tree.ancestors()) {
    if (scope === view.root || view.root.isInside(scope)) break;
    result = scope;
  }
  return result;
}

/** Gives arrows from outside, and those of a box that many read, a small box of their own. */
function withStubs(arrows, boxes) {
  const readers = new Map();
  const heads = new Set();
  for (const { tail, head } of arrows) {
    if (tail) readers.set(tail, (readers.get(tail) ?? 0) + 1);
    heads.add(head);
  }
  for (const arrow of arrows) {
    const isCrowded = arrow.tail && readers.get(arrow.tail) > MANY_READERS && !heads.has(arrow.tail);
    if (arrow.tail && !isCrowded) continue;
    const tree = arrow.tail ? arrow.tail.tree : arrow.stub;
    const { parent } = arrow.head;
    const stub = { id: `\0${tree.id}→${arrow.head.id}`, tree, isStub: true, items: [], parent };
    parent.items.push(stub);
    boxes.set(stub.id, stub);
    arrow.tail = stub;
  }
  return arrows;
}

function arrowLabel(arrow) {
  if (arrow.tensors.size > 1) return `${arrow.tensors.size} tensors`;
  const [shape] = arrow.tensors.values();
  return shape ?? "";
}
