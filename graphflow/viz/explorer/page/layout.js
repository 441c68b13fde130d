// A layered drawing of nested boxes. Open scopes are laid out first, from the inside out, and are
// then boxes of a known size in the scope around them (Sugiyama et al. 1981, once per scope).

const GAP_X = 22;
const GAP_Y = 40;
const PAD = 14;
const HEADER = 24;
const SWEEPS = 8;

/** Sets x, y, w, h of every box (absolute) and `points` of every arrow. */
function layOut(scene, sizeOf) {
  const links = linksByContainer(scene);
  const visit = (container) => {
    for (const box of container.items) {
      if (box.isOpen) visit(box);
      else Object.assign(box, sizeOf(box));
    }
    arrange(container, links.get(container) ?? { inner: [], entries: new Set(), exits: new Set() }, sizeOf);
  };
  visit(scene.top);
  moveTo(scene.top, 0, 0);
  for (const arrow of scene.arrows) arrow.points = route(arrow);
}

/** For each scope: which of its boxes are joined, and which are joined to something outside it. */
function linksByContainer(scene) {
  const links = new Map();
  const of = (container) => {
    if (!links.has(container)) links.set(container, { inner: [], entries: new Set(), exits: new Set() });
    return links.get(container);
  };
  for (const arrow of scene.arrows) {
    const tails = lineage(arrow.tail);
    const heads = lineage(arrow.head);
    let level = 0;
    while (tails[level] === heads[level]) level++;
    arrow.common = tails[level - 1];
    arrow.ends = [tails[level], heads[level]];
    of(arrow.common).inner.push(arrow.ends);
    for (let i = level + 1; i < tails.length; i++) of(tails[i - 1]).exits.add(tails[i]);
    for (let i = level + 1; i < heads.length; i++) of(heads[i - 1]).entries.add(heads[i]);
  }
  return links;
}

/** A box and the scopes around it, from the outside in. */
function lineage(box) {
  const result = [];
  for (let at = box; at; at = at.parent) result.unshift(at);
  return result;
}

function arrange(container, links, sizeOf) {
  const drawn = container.items.filter((box) => !box.isAside || container.isAside);
  const aside = container.items.filter((box) => box.isAside && !container.isAside);
  const edges = withoutCycles(drawn, links.inner);
  const ranks = rankOf(drawn, edges, links);
  const rows = makeRows(drawn, edges, ranks, links, container);
  sortRows(rows);
  const width = placeX(rows);
  const header = container.parent ? HEADER : 0;
  const height = placeY(rows, header);
  container.w = width + 2 * PAD;
  container.h = height + PAD;
  if (container.parent) {
    container.w = Math.max(container.w, sizeOf(container).w + 2 * PAD);
  }
  placeAside(container, aside, header);
}

/** What stands aside: a column on the right, without arrows. */
function placeAside(container, aside, header) {
  if (!aside.length) return;
  const left = container.w + GAP_X;
  let y = header + PAD;
  for (const box of aside) {
    box.x = left;
    box.y = y;
    y += box.h + GAP_X / 2;
  }
  container.w = left + Math.max(...aside.map((box) => box.w)) + PAD;
  container.h = Math.max(container.h, y + PAD);
}

/** Edges with those turned round that close a cycle, each pair once. */
function withoutCycles(boxes, pairs) {
  const next = new Map(boxes.map((box) => [box, new Set()]));
  for (const [tail, head] of pairs) next.get(tail)?.add(head);
  const done = new Set();
  const active = new Set();
  const edges = new Map();
  const add = (tail, head, isTurned) => {
    const key = `${tail.id}\0→${head.id}`;
    if (!edges.has(key)) edges.set(key, { tail, head, isTurned });
  };
  const sorted = [...boxes].sort((a, b) => orderOf(a) - orderOf(b));
  for (const start of sorted) {
    if (done.has(start)) continue;
    const stack = [[start, next.get(start).values()]];
    active.add(start);
    while (stack.length) {
      const [box, rest] = stack.at(-1);
      const { value: head, done: isLast } = rest.next();
      if (isLast) {
        active.delete(box);
        done.add(box);
        stack.pop();
      } else if (active.has(head)) {
        add(head, box, true);
      } else {
        add(box, head, false);
        if (!done.has(head)) {
          active.add(head);
          stack.push([head, next.get(head).values()]);
        }
      }
    }
  }
  return [...edges.values()];
}

function orderOf(box) {
  return box.tree.order ?? 0;
}

/** Box -> row. Each stands below all that it reads; sources stand right above their readers. */
function rankOf(boxes, edges, links) {
  const first = links.entries.size ? 1 : 0;
  const ranks = new Map(boxes.map((box) => [box, first]));
  const out = new Map(boxes.map((box) => [box, []]));
  const waiting = new Map(boxes.map((box) => [box, 0]));
  for (const { tail, head } of edges) {
    out.get(tail).push(head);
    waiting.set(head, waiting.get(head) + 1);
  }
  const sources = boxes.filter((box) => waiting.get(box) === 0);
  const ready = [...sources];
  while (ready.length) {
    const box = ready.pop();
    for (const head of out.get(box)) {
      ranks.set(head, Math.max(ranks.get(head), ranks.get(box) + 1));
      waiting.set(head, waiting.get(head) - 1);
      if (waiting.get(head) === 0) ready.push(head);
    }
  }
  for (const box of sources) {
    if (out.get(box).length && !links.entries.has(box)) {
      ranks.set(box, Math.min(...out.get(box).map((head) => ranks.get(head))) - 1);
    }
  }
  return ranks;
}

/** Rows of cells: boxes, and a bend wherever an edge passes a row. Keeps the bends for routing. */
function makeRows(boxes, edges, ranks, links, container) {
  const last = Math.max(-1, ...ranks.values());
  const rows = Array.from({ length: last + 1 + (links.exits.size ? 1 : 0) }, () => []);
  const cells = new Map();
  const addCell = (row, cell) => {
    rows[row].push(cell);
    return cell;
  };
  for (const box of boxes) {
    const row = ranks.get(box);
    cells.set(box, addCell(row, { box, w: box.w, h: box.h, row, up: [], down: [] }));
  }
  const join = (upper, lower) => {
    upper.down.push(lower);
    lower.up.push(upper);
  };
  const chain = (from, to, firstRow, lastRow) => {
    const bends = [];
    let before = from;
    for (let row = firstRow; row <= lastRow; row++) {
      const bend = addCell(row, { box: null, w: 8, h: 0, row, up: [], down: [] });
      if (before) join(before, bend);
      bends.push(bend);
      before = bend;
    }
    if (to && before) join(before, to);
    return bends;
  };
  container.routes = new Map();
  container.exits = new Map();
  container.entries = new Map();
  for (const { tail, head, isTurned } of edges) {
    const bends = chain(cells.get(tail), cells.get(head), ranks.get(tail) + 1, ranks.get(head) - 1);
    if (isTurned) container.routes.set(`${head.id}\0→${tail.id}`, bends.toReversed());
    else container.routes.set(`${tail.id}\0→${head.id}`, bends);
  }
  for (const box of links.exits) {
    if (cells.has(box)) {
      container.exits.set(box, chain(cells.get(box), null, ranks.get(box) + 1, rows.length - 1));
    }
  }
  for (const box of links.entries) {
    if (cells.has(box)) container.entries.set(box, chain(null, cells.get(box), 0, ranks.get(box) - 1));
  }
  return rows;
}

/** Few crossings: each cell near the middle of those it is joined to, sweeping down and up. */
function sortRows(rows) {
  const number = (row) => row.forEach((cell, index) => (cell.index = index));
  rows.forEach(number);
  let best = rows.map((row) => [...row]);
  let fewest = crossings(rows);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const isDown = sweep % 2 === 0;
    for (const row of isDown ? rows : rows.toReversed()) {
      for (const cell of row) {
        const joined = isDown ? cell.up : cell.down;
        const middle = joined.reduce((sum, other) => sum + other.index, 0) / joined.length;
        cell.wanted = joined.length ? middle : cell.index;
      }
      row.sort((a, b) => a.wanted - b.wanted);
      number(row);
    }
    const count = crossings(rows);
    if (count < fewest) {
      fewest = count;
      best = rows.map((row) => [...row]);
    }
  }
  best.forEach((row, index) => {
    rows[index] = row;
    number(row);
  });
}

/** How many pairs of lines cross, by counting inversions in a Fenwick tree. */
function crossings(rows) {
  let total = 0;
  for (const row of rows) {
    const heads = row.flatMap((cell) => cell.down.map((other) => other.index).sort((a, b) => a - b));
    const size = Math.max(0, ...heads) + 1;
    const tree = new Int32Array(size + 1);
    heads.forEach((head, seen) => {
      let notRight = 0;
      for (let i = head + 1; i > 0; i -= i & -i) notRight += tree[i];
      total += seen - notRight;
      for (let i = head + 1; i <= size; i += i & -i) tree[i]++;
    });
  }
  return total;
}

/** Sets x of the cells' middles: near what they are joined to, in order, without overlap. */
function placeX(rows) {
  for (const row of rows) spread(row, row.map(() => 0));
  for (let pass = 0; pass < SWEEPS; pass++) {
    const isDown = pass % 2 === 0;
    for (const row of isDown ? rows : rows.toReversed()) {
      const wanted = row.map((cell) => {
        const near = pass < SWEEPS - 2 ? (isDown ? cell.up : cell.down) : [...cell.up, ...cell.down];
        return near.length ? near.reduce((sum, other) => sum + other.x, 0) / near.length : cell.x;
      });
      spread(row, wanted);
    }
  }
  const cells = rows.flat();
  const left = Math.min(Infinity, ...cells.map((cell) => cell.x - cell.w / 2));
  const right = Math.max(-Infinity, ...cells.map((cell) => cell.x + cell.w / 2));
  for (const cell of cells) cell.x += PAD - left;
  return cells.length ? right - left : 0;
}

/**
 * The positions nearest to the wanted ones (in least squares) that keep order and distance. With
 * the distances subtracted that is a monotone regression: neighbours out of order share their mean.
 */
function spread(row, wanted) {
  let offset = 0;
  const offsets = row.map((cell, i) => {
    if (i) offset += (row[i - 1].w + cell.w) / 2 + GAP_X;
    return offset;
  });
  const blocks = [];
  row.forEach((cell, i) => {
    const weight = cell.box ? 1 : 3; // long lines are kept straight
    let block = { sum: weight * (wanted[i] - offsets[i]), weight, count: 1 };
    while (blocks.length && blocks.at(-1).sum / blocks.at(-1).weight >= block.sum / block.weight) {
      const before = blocks.pop();
      block = {
        sum: before.sum + block.sum,
        weight: before.weight + block.weight,
        count: before.count + block.count,
      };
    }
    blocks.push(block);
  });
  let i = 0;
  for (const block of blocks) {
    for (let k = 0; k < block.count; k++, i++) row[i].x = block.sum / block.weight + offsets[i];
  }
}

function placeY(rows, header) {
  let y = header + PAD;
  let bottom = y;
  for (const row of rows) {
    const height = Math.max(0, ...row.map((cell) => cell.h));
    for (const cell of row) {
      cell.top = y;
      cell.bottom = y + height;
      if (cell.box) {
        cell.box.x = cell.x - cell.w / 2;
        cell.box.y = y + (height - cell.h) / 2;
      }
    }
    bottom = y + height;
    y += height + (height ? GAP_Y : GAP_Y / 3);
  }
  return bottom + PAD / 2;
}

/** From places inside the scope to places on the page. */
function moveTo(container, x, y) {
  container.left = x;
  container.up = y;
  for (const box of container.items) {
    box.x += x;
    box.y += y;
    if (box.isOpen) moveTo(box, box.x, box.y);
  }
}

/** The points of an arrow: out of the open scopes around its tail, across, and into its head's. */
function route(arrow) {
  const { tail, head, common } = arrow;
  const points = [[tail.x + tail.w / 2, tail.y + tail.h]];
  const pass = (container, bends) => {
    for (const bend of bends ?? []) {
      points.push([container.left + bend.x, container.up + bend.top]);
      if (bend.bottom > bend.top) points.push([container.left + bend.x, container.up + bend.bottom]);
    }
  };
  for (let box = tail; box.parent !== common; box = box.parent) {
    pass(box.parent, box.parent.exits.get(box));
    points.push([points.at(-1)[0], box.parent.y + box.parent.h]);
  }
  const [first, last] = arrow.ends;
  pass(common, common.routes.get(`${first.id}\0→${last.id}`));
  const inward = [];
  for (let box = head; box.parent !== common; box = box.parent) inward.unshift(box);
  for (const box of inward) {
    const bends = box.parent.entries.get(box) ?? [];
    const x = bends.length ? box.parent.left + bends[0].x : box.x + box.w / 2;
    points.push([x, box.parent.y]);
    pass(box.parent, bends);
  }
  points.push([head.x + head.w / 2, head.y]);
  return points;
}
