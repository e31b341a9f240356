// Shows pictures and places of a run: in a panel beside the text, alone and large on a click. The text reads completely
// without it; links then lead to the picture in the text. `root` holds the run, `host` gets the panel. A run that is
// still written calls `refresh` of what this returns when something was added.
const sightlineTrace = (root, host) => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const draw = (name, attributes = {}) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  // Pictures by name. A part of the text that is written anew has its pictures in it anew.
  const pictures = new Map();
  const names = [];
  const pictureOf = (name) => {
    const known = pictures.get(name);
    if (!known || known.isConnected) return known;
    const again = root.querySelector(`svg[data-picture="${name}"]`);
    if (again) pictures.set(name, again);
    return again ?? known;
  };
  const pixelsOf = (drawn) => drawn.querySelector("use").getAttribute("href");
  const captionOf = (drawn) => drawn.closest("figure").querySelector("figcaption").textContent;

  // A place is written as its kind and numbers in stored pixels, which are the units of the picture's viewBox.
  const placeOf = (link) => link.dataset.points
    ? { kind: link.dataset.kind, numbers: link.dataset.points.split(" ").map(Number) } : null;
  const outline = (place, unit) => {
    const n = place.numbers;
    if (place.kind === "box") return `M${n[0]} ${n[1]}H${n[2]}V${n[3]}H${n[0]}Z`;
    if (n.length === 2) {
      const r = 9 * unit, d = 4 * unit, [x, y] = n;
      return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0` +
        `M${x - d} ${y}H${x + d}M${x} ${y - d}V${y + d}`;
    }
    let path = "";
    for (let i = 0; i < n.length; i += 2) path += `${i ? "L" : "M"}${n[i]} ${n[i + 1]}`;
    return path;
  };
  const clear = (svg) => svg.querySelectorAll(".mark").forEach((mark) => mark.remove());
  const mark = (svg, place) => {
    clear(svg);
    if (!place) return;
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    const shown = svg.getBoundingClientRect();
    const unit = 1 / Math.max(1e-6, Math.min(shown.width / width, shown.height / height));
    const d = outline(place, unit);
    svg.append(draw("path", { class: "mark under", d }), draw("path", { class: "mark over", d }));
  };
  const put = (svg, name, place) => {
    const drawn = pictureOf(name);
    svg.replaceChildren(draw("use", { href: pixelsOf(drawn) }));
    svg.setAttribute("viewBox", drawn.getAttribute("viewBox"));
    svg.setAttribute("aria-label", `Picture ${name}`);
    mark(svg, place);
  };
  const title = (element, name) => {
    const caption = captionOf(pictureOf(name)).slice(name.length);
    element.replaceChildren(make("strong", {}, name), caption);
  };

  // The panel
  const view = draw("svg", { class: "view", role: "img" });
  const label = make("p", { class: "name" });
  const strip = make("div", { class: "strip", role: "group", "aria-label": "Pictures" });
  const panel = make("aside", { class: "stage", "aria-label": "Picture panel" }, view, label, strip);
  const buttons = new Map();
  const thumbnail = (name) => {
    const drawn = pictureOf(name);
    const small = draw("svg", {
      viewBox: drawn.getAttribute("viewBox"), preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true",
    });
    small.append(draw("use", { href: pixelsOf(drawn) }));
    const button = make("button", { type: "button", "aria-pressed": "false", "aria-label": name }, small);
    button.addEventListener("click", () => stage(name, null));
    buttons.set(name, button);
    strip.append(button);
  };
  const stage = (name, place) => {
    put(view, name, place);
    title(label, name);
    for (const [other, button] of buttons) button.setAttribute("aria-pressed", String(other === name));
    const chosen = buttons.get(name);
    strip.scrollLeft = chosen.offsetLeft - strip.offsetLeft - strip.clientWidth / 2 + chosen.clientWidth / 2;
  };
  view.addEventListener("click", () => enlarge(label.querySelector("strong").textContent, null));
  const refresh = () => {
    const before = names.length;
    for (const drawn of root.querySelectorAll("svg[data-picture]")) {
      const name = drawn.dataset.picture;
      if (!pictures.has(name)) names.push(name);
      pictures.set(name, drawn);
      if (!buttons.has(name)) thumbnail(name);
    }
    if (names.length === before) return;
    if (!panel.isConnected) host.append(panel);
    host.classList.add("staged");
    strip.hidden = names.length < 2;
    // The last picture that was made is mostly the one that shows the answer.
    stage(names.at(-1), null);
  };

  // Hover and focus
  let lit = null;
  const unlight = () => {
    if (!lit) return;
    lit.closest("figure").classList.remove("lit");
    clear(lit);
    lit = null;
  };
  const light = (link) => {
    const drawn = pictureOf(link.dataset.handle);
    unlight();
    if (!drawn) return;
    stage(link.dataset.handle, placeOf(link));
    if (link.classList.contains("open")) return;
    lit = drawn;
    drawn.closest("figure").classList.add("lit");
    mark(drawn, placeOf(link));
  };
  const linkAt = (event) => event.target.closest?.("a[data-handle]");
  root.addEventListener("mouseover", (event) => { const link = linkAt(event); if (link) light(link); });
  root.addEventListener("mouseout", (event) => { if (linkAt(event)) unlight(); });
  root.addEventListener("focusin", (event) => { const link = linkAt(event); if (link) light(link); });
  root.addEventListener("focusout", (event) => { if (linkAt(event)) unlight(); });

  // Large
  const big = draw("svg", { class: "view", role: "img" });
  const bigName = make("p", { class: "name" });
  const close = make("button", { type: "button" }, "Close");
  const before = make("button", { type: "button", "aria-label": "Previous picture" }, "\u2190");
  const after = make("button", { type: "button", "aria-label": "Next picture" }, "\u2192");
  const bar = make("div", { class: "bar" }, bigName, before, after, close);
  const dialog = make("dialog", { "aria-label": "Picture, large" }, make("div", { class: "frame" }, bar, big));
  root.append(dialog);
  let current = 0;
  const enlarge = (name, place) => {
    current = names.indexOf(name);
    before.disabled = after.disabled = names.length < 2;
    if (!dialog.open) dialog.showModal();
    title(bigName, name);
    put(big, name, place);
  };
  const move = (by) => enlarge(names[(current + by + names.length) % names.length], null);
  before.addEventListener("click", () => move(-1));
  after.addEventListener("click", () => move(1));
  close.addEventListener("click", () => dialog.close());
  big.addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") move(-1);
    if (event.key === "ArrowRight") move(1);
  });
  root.addEventListener("click", (event) => {
    const link = linkAt(event);
    if (!link || !pictureOf(link.dataset.handle) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    enlarge(link.dataset.handle, placeOf(link));
  });
  refresh();
  return { refresh, panel };
};
