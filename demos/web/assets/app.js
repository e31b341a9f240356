// The trace in the middle of the page: it asks the server for news, and puts them where they belong. Runs of this page
// stand in lanes; one is shown, or two side by side. `element`, `server` and `trigger` are Gradio's.
const ORDER = ["title", "answer", "given", "programs", "opening", "step", "loose", "closing", "known"];
const lanesBox = element.querySelector(".lanes");
const bar = element.querySelector(".lanes-bar");
const alertBox = element.querySelector(".alert");
const start = element.querySelector(".start");
// The panels beside are drawn after this.
const stageHost = () => document.getElementById("stage-host");
const memoryHost = () => document.getElementById("memory-host");
const lanes = new Map();
let shown = [];

const make = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const button = (words, work, attributes = {}) => {
  const made = make("button", { type: "button", ...attributes }, words);
  made.addEventListener("click", work);
  return made;
};
const complain = (text) => {
  alertBox.replaceChildren(make("p", {}, text), button("Close", () => { alertBox.hidden = true; }));
  alertBox.hidden = false;
  scroller().scrollTo({ top: 0 });
};
// What the server refuses comes back as words; only a lost connection throws.
const call = async (name, data) => {
  try {
    const answer = await server[name](data);
    if (answer?.error) complain(answer.error);
    return answer;
  } catch (error) {
    complain("The server does not answer. It may have been stopped; reload the page when it runs again.");
    return null;
  }
};

// Lanes
const scroller = () => {
  const column = element.closest(".centre");
  return getComputedStyle(column).overflowY === "auto" ? column : document.scrollingElement;
};
const following = () => {
  const box = scroller();
  return box.scrollHeight - box.scrollTop - box.clientHeight < 160;
};
const show = (names) => {
  shown = names.filter((name) => lanes.has(name));
  start.hidden = shown.length > 0;
  alertBox.hidden = true;
  lanesBox.classList.toggle("beside", shown.length > 1);
  for (const [name, lane] of lanes) {
    const on = shown.includes(name);
    lane.box.hidden = !on;
    lane.stage.hidden = name !== shown.at(-1);
    lane.memory.hidden = name !== shown.at(-1);
    lane.tab.setAttribute("aria-pressed", String(on));
  }
  bar.hidden = lanes.size === 0;
  samplesTab.setAttribute("aria-pressed", String(shown.length === 0));
  const last = lanes.get(shown.at(-1));
  memoryHost().classList.toggle("filled", Boolean(last));
  trigger("panels", { lane: shown.at(-1) ?? "" });
};
const samplesTab = button("Samples", () => show([]), { class: "tab" });
const besideTab = button("Side by side", () => show([...lanes.keys()].slice(-2)), { class: "tab quiet" });
besideTab.hidden = true;
bar.append(samplesTab, besideTab);

const addLane = ({ lane: name, label, beside }) => {
  const defs = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ class: "store", width: "0", height: "0", "aria-hidden": "true" })) {
    defs.setAttribute(key, value);
  }
  const definitions = document.createElementNS("http://www.w3.org/2000/svg", "defs");
  defs.append(definitions);
  const state = make("p", { class: "state", role: "status" });
  const stop = button("Stop", () => call("stop", { lane: name }));
  const resume = button("Go on", () => call("resume", { lane: name }));
  const share = button("Share as HTML", () => download(name));
  const tools = make("div", { class: "tools" }, make("p", { class: "label" }, label), state, stop, resume, share);
  const list = make("ol", { class: "timeline" });
  const steps = make("section", { "aria-label": "Steps" }, make("h2", {}, "Steps"), list);
  steps.hidden = true;
  const parts = new Map();
  for (const kind of ["title", "answer", "given", "programs"]) parts.set(kind, make("div", { "data-part": kind }));
  const known = make("div", { "data-part": "known" });
  parts.set("known", known);
  const box = make("article", { class: "lane", "aria-label": label });
  box.append(defs, tools, parts.get("title"), parts.get("answer"), parts.get("given"), parts.get("programs"), steps, known);
  const stage = make("div");
  const memory = make("div");
  stageHost().append(stage);
  memoryHost().append(memory);
  lanesBox.append(box);
  const tab = button(`Run ${name.slice(1)}`, () => show([name]), { class: "tab", title: label });
  besideTab.before(tab);
  const lane = { name, box, definitions, state, stop, resume, share, list, steps, parts, items: new Map(), stage, memory, tab };
  lane.trace = sightlineTrace(box, stage);
  lanes.set(name, lane);
  besideTab.hidden = lanes.size < 2;
  show(beside ? [beside, name] : [name]);
  // Where the columns stand one below the other, the run is out of sight.
  if (scroller() === document.scrollingElement) element.scrollIntoView({ behavior: "smooth" });
};

const download = async (name) => {
  const answer = await call("share", { lane: name });
  if (!answer?.html) return;
  const link = make("a", { href: URL.createObjectURL(new Blob([answer.html], { type: "text/html" })), download: answer.file });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

// News
const fragment = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
};
// Where a part of the list stands: its old element, or a new place between those before and after it.
const putItem = (lane, kind, number, item) => {
  const key = ORDER.indexOf(kind) * 1e6 + number;
  item.dataset.key = String(key);
  const old = lane.items.get(key);
  lane.items.set(key, item);
  if (old) { old.replaceWith(item); return old; }
  let after = null;
  let child = lane.list.lastElementChild; // new parts mostly come last
  while (child && Number(child.dataset.key) > key) { after = child; child = child.previousElementSibling; }
  lane.list.insertBefore(item, after);
  lane.steps.hidden = false;
  return null;
};
// What a person has unfolded or is filling in stays.
const keep = (before, now) => {
  const folds = now.querySelectorAll("details");
  before.querySelectorAll("details").forEach((one, index) => { if (one.open && folds[index]) folds[index].open = true; });
};
const putPart = (lane, { kind, number, html }) => {
  const target = lane.parts.get(kind);
  if (target) {
    const now = make("div", {});
    now.append(fragment(html));
    keep(target, now);
    target.replaceChildren(...now.childNodes);
    return;
  }
  const item = fragment(html).firstElementChild;
  const before = putItem(lane, kind, number, item);
  if (before) keep(before, item);
  if (kind !== "step") return;
  if (!item.classList.contains("open")) {
    const about = { class: "edit", "aria-label": `Edit step ${number} and go on from there` };
    item.querySelector("header").append(button("Edit", () => edit(lane, number, item), about));
  }
  const editor = before?.querySelector("form.editor");
  if (editor) item.querySelector("article").append(editor);
};
const write = (lane, { step, kind, text }) => {
  const article = lane.items.get(ORDER.indexOf("step") * 1e6 + step)?.querySelector("article");
  if (!article) return;
  article.querySelector(".doing")?.remove();
  let box = article.querySelector(`.live.${kind}`);
  if (!box) {
    box = make("div", { class: `live ${kind} ${kind === "text" ? "said" : "words"}` });
    article.append(box);
  }
  box.append(text);
};
const WORDS = { waiting: "Waiting", running: "Running", done: "Done", stopped: "Stopped", failed: "Failed" };
const setState = (lane, { state, before, said }) => {
  const place = before === undefined ? "" : before === 0 ? ": next in the queue" : `: ${before} before this one`;
  lane.state.textContent = said || WORDS[state] + place;
  lane.state.className = `state ${state}`;
  lane.box.dataset.state = state;
  const busy = state === "waiting" || state === "running";
  lane.stop.hidden = !busy;
  lane.resume.hidden = state !== "stopped" && state !== "failed";
  lane.share.hidden = busy;
  lane.tab.classList.toggle("busy", busy);
  document.documentElement.classList.toggle("asking", [...lanes.values()].some((one) => ["waiting", "running"].includes(one.box.dataset.state)));
};
const hear = (message) => {
  pending.hidden = true;
  if (message.do === "lane") return addLane(message);
  if (message.do === "error") return complain(message.text);
  const lane = lanes.get(message.lane);
  if (!lane) return;
  if (message.do === "pixels") {
    const parsed = new DOMParser().parseFromString(
      `<svg xmlns="http://www.w3.org/2000/svg">${message.elements.join("")}</svg>`, "image/svg+xml");
    lane.definitions.append(...[...parsed.documentElement.children].map((one) => document.importNode(one, true)));
  } else if (message.do === "part") {
    putPart(lane, message);
    lane.dirty = true;
  } else if (message.do === "delta") {
    write(lane, message);
  } else if (message.do === "panel") {
    if (message.panel === "memory") lane.memory.replaceChildren(fragment(message.html));
    else if (lane.name === shown.at(-1)) trigger("panels", { lane: lane.name });
  } else if (message.do === "state") {
    setState(lane, message);
    if (message.state === "done" && lane.followed) {
      lane.followed = false;
      if (scroller() === document.scrollingElement) element.scrollIntoView({ behavior: "smooth" });
      else scroller().scrollTo({ top: 0, behavior: "smooth" });
    }
  }
};
const settle = (pinned) => {
  for (const lane of lanes.values()) {
    if (!lane.dirty) continue;
    lane.dirty = false;
    lane.trace.refresh();
    if (lane.box.dataset.state !== "running" || !pinned || lane.box.hidden || !lane.items.size) continue;
    const box = scroller();
    box.scrollTop = box.scrollHeight;
    lane.followed = true;
  }
};
const listen = async () => {
  let received = 0;
  let failures = 0;
  while (element.isConnected) {
    let news = null;
    try {
      news = await server.more({ received });
    } catch (error) {
      failures += 1;
      if (failures > 3) {
        complain("The connection to the server is lost. Its runs were stopped; reload the page to go on.");
        return;
      }
      await new Promise((done) => setTimeout(done, 500 * failures));
      continue;
    }
    if (news.error) { complain(news.error); return; }
    failures = 0;
    received = news.next;
    const pinned = following();
    for (const message of news.messages) hear(message);
    settle(pinned);
  }
};

// Editing a step
const readable = (value) => typeof value === "string" ? value : JSON.stringify(value);
const parsed = (text, before) => {
  if (typeof before === "string") return text;
  try { return JSON.parse(text); } catch { return text; }
};
const edit = async (lane, number, target) => {
  if (target.querySelector("form.editor")) return;
  const answer = await call("calls", { lane: lane.name, step: number });
  if (!answer?.calls) return;
  const form = make("form", { class: "editor", "aria-label": `Edit step ${number}` });
  const fields = [];
  for (const one of answer.calls) {
    if (one.name === "answer") continue;
    const set = make("fieldset", {}, make("legend", {}, one.name));
    for (const [name, value] of Object.entries(one.arguments)) {
      const input = make("textarea", { rows: "1", spellcheck: "false" });
      input.value = readable(value);
      set.append(make("label", {}, make("span", {}, name), input));
      fields.push({ call: one, name, value, input });
    }
    if (Object.keys(one.arguments).length) form.append(set);
  }
  const say = make("textarea", { rows: "2", placeholder: "For example: look at the left half only." });
  form.append(make("label", {}, make("span", {}, "Say to the agent from here on"), say));
  const go = make("button", { type: "submit", class: "primary" }, "Go on from here");
  const cancel = button("Cancel", () => form.remove());
  form.append(make("div", { class: "row" }, go, cancel, make("p", { class: "quiet" }, "A new run; this one is kept.")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const edits = {};
    for (const { call: one, name, value, input } of fields) {
      if (input.value !== readable(value)) {
        edits[one.id] ??= { ...one.arguments };
        edits[one.id][name] = parsed(input.value, value);
      }
    }
    const edited = Object.keys(edits).length > 0;
    if (!edited && !say.value.trim()) { say.focus(); return; }
    go.disabled = true;
    const done = await call("branch", {
      lane: lane.name, after: edited ? number - 1 : number, say: say.value.trim(), edit: edited ? edits : null,
    });
    if (done && !done.error) form.remove(); else go.disabled = false;
  });
  target.querySelector("article").append(form);
  (form.querySelector("textarea")).focus();
};

// What was asked for shows at once that it was heard; the first news of the run ends it.
const pending = element.querySelector(".pending");
document.addEventListener("click", (event) => {
  if (event.target.closest?.("#ask, button[data-sample]")) pending.hidden = false;
});

// Samples
start.addEventListener("click", (event) => {
  const asked = event.target.closest("button[data-sample]");
  if (asked) trigger("sample", { sample: Number(asked.dataset.sample), question: Number(asked.dataset.question) });
});
// Gradio names its upload buttons by a key that it does not translate.
const nameUploads = () => {
  for (const one of document.querySelectorAll("button[aria-label='common.upload']")) {
    one.setAttribute("aria-label", one.closest("#old") ? "Upload a run" : "Upload photos, a video, or a panorama");
  }
};
nameUploads();
new MutationObserver(nameUploads).observe(document.getElementById("left"), { childList: true, subtree: true });
listen();
