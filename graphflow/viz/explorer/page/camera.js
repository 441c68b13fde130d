// Panning, zooming, fitting, and the small map in the corner.

const MIN_SCALE = 0.02;
const MAX_SCALE = 4;

class Camera {
  constructor(svg, stage, map) {
    Object.assign(this, { svg, stage, map, scale: 1, x: 0, y: 0, scene: null });
    svg.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.#drag(event));
    map.addEventListener("pointerdown", (event) => this.#jump(event));
    new ResizeObserver(() => this.#place()).observe(svg);
  }

  get size() {
    const { width, height } = this.svg.getBoundingClientRect();
    return { width: width || 800, height: height || 600 };
  }

  show(scene) {
    this.scene = scene;
    this.#drawMap();
  }

  fit() {
    const { width, height } = this.size;
    const { w, h } = this.scene.top;
    this.scale = Math.min(1.25, (width - 30) / Math.max(1, w), (height - 30) / Math.max(1, h));
    this.scale = Math.max(MIN_SCALE, this.scale);
    this.x = (width - w * this.scale) / 2;
    this.y = (height - h * this.scale) / 2;
    this.#place();
  }

  /** As large as letters can be read: all of the width, and the top of a tall graph. */
  fitReadable() {
    this.fit();
    if (this.scale >= 0.5) return;
    const { width } = this.size;
    const { w, h } = this.scene.top;
    this.scale = Math.min(0.8, Math.max(0.5, (width - 30) / Math.max(1, w)));
    this.x = (width - w * this.scale) / 2;
    this.y = h * this.scale < this.size.height ? (this.size.height - h * this.scale) / 2 : 10;
    this.#place();
  }

  zoom(factor, centerX = this.size.width / 2, centerY = this.size.height / 2) {
    const scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, this.scale * factor));
    this.x = centerX - (centerX - this.x) * (scale / this.scale);
    this.y = centerY - (centerY - this.y) * (scale / this.scale);
    this.scale = scale;
    this.#place();
  }

  /** Where a place of the scene is in the window, and back: so that a box can stay under the pointer. */
  toWindow(x, y) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  pin(x, y, [windowX, windowY]) {
    this.x = windowX - x * this.scale;
    this.y = windowY - y * this.scale;
    this.#place();
  }

  center(box) {
    const { width, height } = this.size;
    this.pin(box.x + box.w / 2, box.y + Math.min(box.h, height / this.scale) / 2, [width / 2, height / 2]);
  }

  reveal(box) {
    const { width, height } = this.size;
    const [x, y] = this.toWindow(box.x + box.w / 2, box.y + box.h / 2);
    if (x < 0 || y < 0 || x > width || y > height) this.center(box);
  }

  #place() {
    if (!this.scene) return;
    this.stage.setAttribute("transform", `translate(${this.x} ${this.y}) scale(${this.scale})`);
    const { width, height } = this.size;
    const frame = this.map.querySelector(".frame");
    frame?.setAttribute("x", -this.x / this.scale);
    frame?.setAttribute("y", -this.y / this.scale);
    frame?.setAttribute("width", width / this.scale);
    frame?.setAttribute("height", height / this.scale);
  }

  #drawMap() {
    const { top, boxes } = this.scene;
    this.map.setAttribute("viewBox", `0 0 ${Math.max(1, top.w)} ${Math.max(1, top.h)}`);
    this.map.replaceChildren();
    for (const box of boxes.values()) {
      if (box.isStub) continue;
      const { x, y, w: width, h: height } = box;
      const fill = box.outline.getAttribute("fill");
      element("rect", { x, y, width, height, fill, stroke: "#8898a6", "vector-effect": "non-scaling-stroke" }, this.map);
    }
    element("rect", { class: "frame", fill: "none", stroke: "#e2306c", "stroke-width": 2, "vector-effect": "non-scaling-stroke" }, this.map);
    this.#place();
  }

  #wheel(event) {
    event.preventDefault();
    const { left, top } = this.svg.getBoundingClientRect();
    this.zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - left, event.clientY - top);
  }

  #drag(start) {
    if (start.button !== 0) return;
    const { x, y } = this;
    const move = (event) => {
      this.x = x + event.clientX - start.clientX;
      this.y = y + event.clientY - start.clientY;
      this.wasDragged ||= Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > 4;
      this.#place();
    };
    this.wasDragged = false;
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", () => window.removeEventListener("pointermove", move), { once: true });
  }

  #jump(event) {
    const matrix = this.map.getScreenCTM().inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    const { width, height } = this.size;
    this.pin(x, y, [width / 2, height / 2]);
  }
}
